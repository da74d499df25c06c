"""Sigbridge links Sigfox devices to its user's own AWS account.

Rooms of this package, from the edge inwards:

* `web` and `api.ingest` know HTTP: requests, responses, and what senders write in them.
* `credentials`, `applications`, `devices`, `messages`, `reports`, `status`, `downlinks` and `stream` are
  the domain.
* `store` is the only room that knows DynamoDB.

A room may use those further in, never those further out.
"""

__version__ = "0.1.0"
