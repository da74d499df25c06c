"""The management API under `/v1`: one module of routes for each resource."""
