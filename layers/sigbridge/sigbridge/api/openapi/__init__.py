"""Serves the API's description and its page."""
