"""Answer for what The Things Stack's API does not have: one downlink, a device's history, its state."""

from sigbridge.api.things_stack.device_routes import DEVICE_ROUTES
from sigbridge.api.things_stack.endpoint import routed

lambda_handler = routed(DEVICE_ROUTES)
