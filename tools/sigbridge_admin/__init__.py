"""The admin command line `sigbridge`: applications, keys, devices and their `downlinkData`."""
