"""Make the description of the HTTP API, OpenAPI 3.1, which the layer serves as a file."""
