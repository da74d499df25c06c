"""A text that seldom changes, as HTTP carries it: compressed, kept by who reads it, not sent twice."""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property

from aws_lambda_powertools.event_handler import Response

from sigbridge.api.http.request import Request

# An update of the stack shows within it.
_KEPT_FOR_SECONDS = 300


@dataclass(frozen=True)
class Representation:
    """A text and its headers.

    Attributes:
        content_type: Its media type.
        text: The text.
        headers: Headers of its own.
    """

    content_type: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()

    def answer(self, request: Request) -> Response[str | None]:
        """Return a response with the text, or that it is the one that the reader has."""
        headers = dict(self.headers) | {
            "Cache-Control": f"public, max-age={_KEPT_FOR_SECONDS}",
            "ETag": self._tag,
            "Vary": "Accept-Encoding",
        }
        if self._is_known(request.headers.get("if-none-match", "")):
            return Response(304, headers=headers)
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            answer: Response[str | None] = Response(
                200, self.content_type, self._compressed, headers | {"Content-Encoding": "gzip"}
            )
            answer.base64_encoded = True
            return answer
        return Response(200, self.content_type, self.text, headers)

    @cached_property
    def _compressed(self) -> str:
        """In base64, as Lambda carries what is not text."""
        return base64.b64encode(gzip.compress(self.text.encode(), mtime=0)).decode()

    @cached_property
    def _tag(self) -> str:
        # A weak one: it is the same for the compressed text and the plain one.
        digest = hashlib.sha256(self.text.encode()).digest()[:18]
        return f'W/"{base64.urlsafe_b64encode(digest).decode()}"'

    def _is_known(self, if_none_match: str) -> bool:
        opaque = self._tag.removeprefix("W/")
        return any(tag.strip().removeprefix("W/") in {opaque, "*"} for tag in if_none_match.split(","))


def _takes_gzip(accept_encoding: str) -> bool:
    weights = {}
    for coding in accept_encoding.lower().replace(" ", "").split(","):
        name, _, weight = coding.partition(";q=")
        weights[name] = weight.strip("0.") != "" or weight == ""
    return weights.get("gzip", weights.get("*", False))
