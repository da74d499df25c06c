"""Examples of requests: the bodies of the events in `events/`, which the tests send too."""

import base64
import json
from pathlib import Path
from typing import Any

_EVENTS = Path(__file__).parents[2] / "events"


def example_body(event: str) -> Any:
    """Return the JSON body of an event.

    Args:
        event: Name of its file, without `.json`.
    """
    content = json.loads((_EVENTS / f"{event}.json").read_text(encoding="utf-8"))
    body = content["body"]
    return json.loads(base64.b64decode(body) if content["isBase64Encoded"] else body)
