"""The Things Stack's queue API."""
