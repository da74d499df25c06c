"""Sigfox's REST API put to use: connecting device types, importing devices, recovering messages."""
