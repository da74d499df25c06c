"""The feed: everything that happened in an application, by the time at which it was written."""
