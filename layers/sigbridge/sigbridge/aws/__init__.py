"""The AWS clients beside the store: event bus, queues, functions."""
