"""Answers the management API, and describes the whole API of the bundle."""

from sigbridge.web.management import application
from sigbridge.web.management.endpoint import management_endpoint

lambda_handler = management_endpoint(application.routes)
