"""Sigfox's REST API with a state of its own: groups, device types, callbacks, devices, messages.

It behaves as the sigfox-rest reference says, fails on command, and calls the callbacks that were made
through it.
"""

from sigfox_simulator.sigfox_api.backend import SigfoxBackend
from sigfox_simulator.sigfox_api.delivery import CallbackRequest
from sigfox_simulator.sigfox_api.server import serve

__all__ = ["CallbackRequest", "SigfoxBackend", "serve"]
