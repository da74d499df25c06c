"""Coverage predictions of Sigfox's REST API (sigfox-rest reference, 1)."""

from collections.abc import Mapping
from typing import Any

from sigbridge.model.sigfox_metering import Coverage
from sigbridge.sigfox.rest.values import boolean_of, number_of


def read_coverage(answer: Mapping[str, Any]) -> Coverage:
    """Read a prediction; what can't be read is left out."""
    listed = answer.get("margins")
    margins = map(number_of, listed if isinstance(listed, list) else ())
    return Coverage(
        boolean_of(answer.get("locationCovered")), tuple(each for each in margins if each is not None)
    )
