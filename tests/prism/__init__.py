"""Prism between the program and the simulated Sigfox API: it judges both by the description."""
