"""Answer the management API, and serve the description of the whole API of the bundle."""

from sigbridge.api.management.endpoint import management_endpoint
from sigbridge.api.management.routes import MANAGEMENT_ROUTES
from sigbridge.api.openapi.routes import routes as documentation_routes

lambda_handler = management_endpoint(*MANAGEMENT_ROUTES, documentation_routes)
