"""TagoIO's dialect: its arrays of items, its ways of naming moments. Pure: no I/O, no HTTP."""
