"""`/v1/keys`: who may do what in the application."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import AfterValidator, BeforeValidator, Field

from sigbridge.api.http.models import Moment, MomentInRequest, RequestModel, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import KeysWriter
from sigbridge.api.management.resolver import refuses
from sigbridge.api.management.suggestion import suggestion
from sigbridge.credentials import (
    ApiKey,
    FieldMapping,
    InvalidMapping,
    IssuedKey,
    KeySpec,
    Right,
    SelfLockout,
    TooManyKeys,
    UngrantableRights,
    UngrantableTime,
    UnknownKey,
    change_key,
    grant_key,
    keys_of,
    revoke_key_as,
)
from sigbridge.model.settings import LONGEST_NAME

routes = new_routes()


def _check_mapping(text: str) -> str:
    try:
        FieldMapping.parse(text)
    except InvalidMapping as invalid:
        raise ValueError(invalid.message) from invalid
    return text


_NO_SUCH = UnknownKey("Application 'demo' has no key abcdefghijklmnop")
_UNGRANTABLE = (UngrantableRights("demo", [Right.TRAFFIC_READ]), UngrantableTime(1924991999000))
_KeyId = Annotated[str, Path(description="Id of the key")]
_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, description="Display name")]


def _read_right(right: object) -> object:
    if isinstance(right, str) and right not in set(Right):
        choices = ", ".join(Right)
        message = f"unknown right '{right}', choose from {choices}{suggestion(right, list(Right))}"
        raise ValueError(message)
    return right


_Rights = Annotated[
    list[Annotated[Right, BeforeValidator(_read_right)]],
    Field(
        min_length=1,
        description="What it allows: only what the key that makes it allows too",
        examples=[[Right.TRAFFIC_UP_WRITE]],
    ),
]
_AdditionalParameter = Annotated[
    str,
    AfterValidator(_check_mapping),
    Field(
        max_length=1000,
        description="Where its sender writes the fields of a message, as in TagoIO: `field=path;field=path`",
        examples=["serial=devaddr;payload=payload_raw;port=fport"],
    ),
]


class KeyResponse(ResponseModel):
    """A key, never with its secret."""

    id: str
    name: str
    rights: list[Right] = Field(description="What it allows")
    created_at: Moment
    valid_until: Moment | None = Field(description="When it ends; left out where it never does")
    additional_parameter: str = Field(description='Where its sender writes the fields of a message, or ""')
    last_used_on: str | None = Field(
        description="Day (UTC) on which it was used last; left out where it never was",
        json_schema_extra={"format": "date", "examples": ["2026-11-22"]},
    )
    ends_with: str = Field(description="The last five characters of the written key, to know it again by")

    @classmethod
    def of(cls, key: ApiKey) -> "KeyResponse":
        return cls(**_facts(key))


class KeyListResponse(ResponseModel):
    """All keys of the application, the oldest one first."""

    keys: list[KeyResponse]


class NewKeyResponse(KeyResponse):
    """A new key with its secret, which is shown this once."""

    token: str = Field(
        description="The key as its holder sends it. Copy it now: only a hash of it is stored",
        examples=[f"sbk_{'a' * 16}_{'b' * 52}"],
    )

    @classmethod
    def of_issued(cls, issued: IssuedKey) -> "NewKeyResponse":
        return cls(**_facts(issued.key), token=str(issued.token))


class KeyCreate(RequestModel):
    """A new key."""

    name: _Name
    rights: _Rights
    valid_until: MomentInRequest | None = Field(
        None, description="When it ends, in the future; null for never. Not after the key that makes it"
    )
    additional_parameter: _AdditionalParameter = ""

    def spec(self) -> KeySpec:
        return KeySpec(self.name, frozenset(self.rights), self.valid_until, self.additional_parameter)


class KeyUpdate(RequestModel):
    """Fields to change. What is left out stays as it is."""

    # What is not sent is not looked at: these are no defaults, and the schema has none.
    name: _Name = Field(default_factory=str)
    rights: _Rights = Field(default_factory=list)
    valid_until: MomentInRequest | None = Field(
        None, description="When it ends, at once where that is over; null for never"
    )
    additional_parameter: _AdditionalParameter = Field(default_factory=str)

    def wanted(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return values | ({"rights": frozenset(self.rights)} if "rights" in values else {})


@routes.get("/v1/keys", summary="List keys", tags=["keys"])
def list_keys(key: KeysWriter) -> KeyListResponse:
    """All keys of the application, the oldest one first, without their secrets."""
    return KeyListResponse(keys=[KeyResponse.of(each) for each in keys_of(key.application_id)])


@routes.post("/v1/keys", summary="Create a key", tags=["keys"], status_code=201)
@refuses(*_UNGRANTABLE, TooManyKeys("An application has at most 200 keys"))
def create_key(key: KeysWriter, body: Annotated[KeyCreate, Body()]) -> tuple[NewKeyResponse, int]:
    """Create a key, and show its secret this once. An application has at most 200 keys.

    A key can be given only rights that yours has, and no longer life.
    """
    return NewKeyResponse.of_issued(grant_key(key, body.spec())), 201


@routes.patch("/v1/keys/<key_id>", summary="Change a key", tags=["keys"])
@refuses(
    _NO_SUCH,
    *_UNGRANTABLE,
    SelfLockout("A key can't end itself or take the right keys:write from itself"),
)
def update_key(key: KeysWriter, key_id: _KeyId, body: Annotated[KeyUpdate, Body()]) -> KeyResponse:
    """Change the fields that are sent. The change takes effect within 60 seconds.

    Until then running functions remember the key as it was. Neither before nor after may the key have a right
    that yours lacks, or outlive it. Your own key can't end itself, nor take `keys:write` from itself.
    """
    return KeyResponse.of(change_key(key, key_id, body.wanted()))


@routes.delete("/v1/keys/<key_id>", summary="Revoke a key", tags=["keys"], status_code=204)
@refuses(_NO_SUCH, *_UNGRANTABLE, SelfLockout("A key can't revoke itself"))
def delete_key(key: KeysWriter, key_id: _KeyId) -> Response[None]:
    """Delete a key for good. It is refused within 60 seconds.

    Until then running functions remember it. Your own key can't revoke itself, nor one that has a right that
    yours lacks, or that outlives it.
    """
    revoke_key_as(key, key_id)
    return Response(204)


def _facts(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "rights": [right for right in Right if right in key.rights],
        "created_at": key.created_at,
        "valid_until": key.valid_until,
        "additional_parameter": key.additional_parameter,
        "last_used_on": key.last_used_on,
        "ends_with": key.ends_with,
    }
