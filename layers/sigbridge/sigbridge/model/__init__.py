"""What Sigbridge is about: messages, reports, downlinks, devices, keys, and the rules of each. No I/O."""
