"""Webhooks: set up by users, called with what happens, and called again until they take it."""
