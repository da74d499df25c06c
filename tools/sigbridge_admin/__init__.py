"""The command line `sigbridge`: an application and its first key; with a key, the management API."""
