"""Erasure: nothing of a deleted device stays."""

from sigbridge.deletion.erasing import erase_device, erase_what_is_due

__all__ = ["erase_device", "erase_what_is_due"]
