"""JavaScript of strangers, run where it can do no harm: docs/decisions/0041 says how and why."""
