"""Examples of requests: the bodies of the events in `events/`, which the tests send too.

Here they are of the demonstration's devices.
"""

import base64
import json
from pathlib import Path
from typing import Any

from openapi.fragments import EXAMPLE_DEVICE, OTHER_EXAMPLE_DEVICE

_DEVICES = {"1A2B45": OTHER_EXAMPLE_DEVICE, "153FA": EXAMPLE_DEVICE}
_EVENTS = Path(__file__).parents[2] / "events"


def example_body(event: str) -> Any:
    """Return the JSON body of an event.

    Args:
        event: Name of its file, without `.json`.
    """
    content = json.loads((_EVENTS / f"{event}.json").read_text(encoding="utf-8"))
    body = content["body"]
    text = base64.b64decode(body).decode() if content["isBase64Encoded"] else body
    for device, example in _DEVICES.items():
        text = text.replace(device, example)
    return json.loads(text)
