"""Sigfox Cloud's dialect: its facts, values, marks of its callbacks. Pure: no I/O, no HTTP."""
