"""Destinations that are told what happens, and the events that they are told."""
