"""What every Lambda function that takes callbacks does."""

from sigbridge.api.http.endpoint import Handle, LambdaHandler, endpoint
from sigbridge.api.ingest.errors import ingest_error


def ingest_endpoint(handle: Handle) -> LambdaHandler:
    """Make a Lambda handler whose errors are in TagoIO's form."""
    return endpoint(handle, ingest_error)
