"""One method of one path, as OpenAPI 3.1 describes it, and the parts of the API that such methods form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openapi.fragments import Json
from openapi.refusals import ErrorForm
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

    def told(self, tag: str, form: ErrorForm) -> Json:
        """Gives OpenAPI's form of it.

        Args:
            tag: The part of the API that it belongs to.
            form: How that part tells errors.
        """
        answers = {str(status): answer for status, answer in self.answers.items()}
        refused = form.responses(self.path, self.right, self.refusals, takes_body=self.body is not None)
        told: Json = {"tags": [tag], "operationId": self.id, "summary": self.summary}
        told["description"] = described(self.description, self.right)
        if self.right is None:
            told["security"] = []
        if self.parameters:
            told["parameters"] = list(self.parameters)
        if self.body is not None:
            told["requestBody"] = self.body
        return told | {"responses": answers | refused}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the API: operations that tell errors alike.

    Attributes:
        tag: Its name.
        description: What it is for.
        form: How it tells errors.
        operations: What one can do there.
        schemas: By name, what the operations refer to.
    """

    tag: str
    description: str
    form: ErrorForm
    operations: Sequence[Operation]
    schemas: Mapping[str, Json] = field(default_factory=dict)


def described(description: str, right: Right | None) -> str:
    """Adds to a description which right is needed."""
    return description if right is None else f"{description}\n\nNeeds a key with the right `{right}`."
