"""Sigfox Cloud, its devices and a customer who queues downlinks, simulated against a deployed bundle.

The bundle is called as Sigfox calls it: retries, lost answers, acknowledgements that come late, twice
or never. Afterwards everything is read back, and each promise of the bundle is checked against what
truly happened.
"""
