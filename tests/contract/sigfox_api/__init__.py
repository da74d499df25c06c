"""Sigfox's description of its REST API, reduced to its structure, as the judge of what is sent to it.

`description.json` is made by `python -m tests.contract.sigfox_api.reduction` from Sigfox's own document and
`overlay.json`, which corrects it where the API is known to be stricter or more lenient than that says.
"""
