"""Every route of the management API."""

from sigbridge.api.management import (
    application,
    data,
    device_import,
    device_types,
    devices,
    feed,
    formatters,
    jobs,
    keys,
    messages,
    parameters,
    redecoding,
    webhooks,
)

MANAGEMENT_ROUTES = (
    application.routes,
    device_types.routes,
    formatters.routes,
    redecoding.routes,
    # Before the routes of single devices, one of which its path would be taken for.
    device_import.routes,
    devices.routes,
    parameters.routes,
    messages.routes,
    data.routes,
    feed.routes,
    jobs.routes,
    webhooks.routes,
    keys.routes,
)
