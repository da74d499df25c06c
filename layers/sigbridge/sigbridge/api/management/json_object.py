"""What is kept as it came: objects of any shape."""

from typing import Annotated, Any

from pydantic import PlainSerializer

from sigbridge.model.limits import with_plain_numbers

JsonObject = Annotated[
    dict[str, Any], PlainSerializer(with_plain_numbers, return_type=dict[str, Any], when_used="json")
]
