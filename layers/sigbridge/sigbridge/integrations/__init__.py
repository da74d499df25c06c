"""Destinations that are told what happens."""
