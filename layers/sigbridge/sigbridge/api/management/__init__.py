"""The management API, `/v1`."""
