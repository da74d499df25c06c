"""The description of the whole HTTP API, OpenAPI 3.1, made of the code that answers it."""
