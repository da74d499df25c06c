"""The Things Stack's dialect: its words, JSON forms, codes and error names. Pure: no I/O, no HTTP."""
