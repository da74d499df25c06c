"""Destinations that are told what happened."""
