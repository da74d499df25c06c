"""One method of one path, as OpenAPI 3.1 describes it, and the sections of the API that such methods form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openapi.fragments import Json
from openapi.refusals import ErrorFormat
from sigbridge.credentials import Right
from sigbridge.errors import SigbridgeError


@dataclass(frozen=True, slots=True)
class Operation:
    """What a caller needs to know of one method of one path.

    Attributes:
        method, path: In OpenAPI's form, as `get` and `/v1/devices/{device_id}`.
        id: Unique among all operations.
        summary: A few words.
        description: Sentences, in Markdown.
        right: What a key needs; None for what anybody may call.
        answers: OpenAPI's responses by status, those to errors left out.
        refusals: Errors of its own, beside those of every operation.
        parameters: OpenAPI's parameters.
        body: OpenAPI's request body, where it takes one.
    """

    method: str
    path: str
    id: str
    summary: str
    description: str
    right: Right | None
    answers: Mapping[int, Json]
    refusals: Sequence[SigbridgeError] = ()
    parameters: Sequence[Json] = ()
    body: Json | None = None

    def to_openapi(self, tag: str, form: ErrorFormat) -> Json:
        """Return OpenAPI's form of it.

        Args:
            tag: The section of the API that it belongs to.
            form: How that section writes errors.
        """
        answers = {str(status): answer for status, answer in self.answers.items()}
        refused = form.responses(self.path, self.right, self.refusals, takes_body=self.body is not None)
        written: Json = {"tags": [tag], "operationId": self.id, "summary": self.summary}
        written["description"] = described(self.description, [] if self.right is None else [self.right])
        if self.right is None:
            written["security"] = []
        if self.parameters:
            written["parameters"] = list(self.parameters)
        if self.body is not None:
            written["requestBody"] = self.body
        return written | {"responses": answers | refused}


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the API: operations that write errors alike.

    Attributes:
        tag: Its name.
        description: What it is for.
        form: How it writes errors.
        operations: What one can do there.
        schemas: By name, what the operations refer to.
    """

    tag: str
    description: str
    form: ErrorFormat
    operations: Sequence[Operation]
    schemas: Mapping[str, Json] = field(default_factory=dict)


def described(description: str, rights: Sequence[Right]) -> str:
    """Add to a description which rights are needed."""
    if not rights:
        return description
    named = " and ".join(f"`{right}`" for right in rights)
    return f"{description}\n\nNeeds a key with the right{'s' if len(rights) > 1 else ''} {named}."
