"""Erasure: nothing of a deleted device or application stays."""

from sigbridge.deletion.application_erasing import erase_application, erase_due_applications
from sigbridge.deletion.erasing import erase_device, erase_what_is_due

__all__ = ["erase_application", "erase_device", "erase_due_applications", "erase_what_is_due"]
