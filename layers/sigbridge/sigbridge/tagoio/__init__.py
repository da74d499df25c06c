"""TagoIO's dialect: its items, variables, locations and ways of naming moments. Pure: no I/O, no HTTP."""
