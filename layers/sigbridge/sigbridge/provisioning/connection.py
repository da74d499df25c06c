"""Connecting applications to Sigfox's API: an API user's credentials, checked, and how it goes with them."""

import json
from contextlib import suppress
from functools import partial

from sigbridge.aws.parameters import delete_secret, find_secret, put_secret
from sigbridge.clock import now_ms
from sigbridge.errors import Fault, InvalidInput, StoreUnavailable
from sigbridge.model.sigfox_connection import ConnectionState, SigfoxConnection
from sigbridge.provisioning.answers import Json
from sigbridge.provisioning.api_client import REQUEST_MS, ApiClient, Credentials
from sigbridge.provisioning.errors import (
    CredentialsRefused,
    NotConnected,
    SigfoxError,
    SigfoxForbids,
)
from sigbridge.provisioning.rate_limits import next_turn
from sigbridge.settings import settings
from sigbridge.store import rate_limits
from sigbridge.store import sigfox_connections as stored

# How long a step of a job may ask: it ends within a minute, and stores what was answered.
STEP_MS = 40_000
_HOUR_MS = 3_600_000
# Every request would note that it was answered: once a minute is enough.
_NOTED_EVERY_MS = 60_000
_MOST_GROUPS_NAMED = 20


def connect(
    application_id: str, credentials: Credentials, group_id: str | None, base_url: str
) -> SigfoxConnection:
    """Keep the credentials of an API user, once Sigfox has shown the group and its device types to it.

    Args:
        application_id: Whose devices are managed.
        credentials: Of the API user.
        group_id: Whose device types and devices are managed; None for the one group that the user sees.
        base_url: Where Sigfox is to call this bundle, without a slash at the end.

    Raises:
        SigfoxError: The credentials can't be used; what was kept before is as it was.
        InvalidInput: The group is not named and can't be found out.
    """
    client = ApiClient(settings().sigfox_api_url, credentials, _Newcomer(application_id))
    found = _top_group(client) if group_id is None else _checked_group(client, group_id)
    now = now_ms()
    before = stored.find(application_id)
    connection = SigfoxConnection(
        application_id=application_id,
        login=credentials.login,
        group_id=found,
        base_url=base_url,
        connected_at=now if before is None else max(now, before.connected_at + 1),
        state=ConnectionState.CONNECTED,
        state_since=now,
        last_success_at=now,
        recovered_until=before.recovered_until if before is not None and before.group_id == found else None,
    )
    put_secret(_parameter(application_id), _written(credentials))
    # What Sigfox could not deliver so far is asked for at once.
    is_recovered = connection.recovered_until is not None
    stored.put(connection, due_at=(now // _HOUR_MS + 1) * _HOUR_MS if is_recovered else now)
    return connection


def find_connection(application_id: str) -> SigfoxConnection:
    """Return how an application is connected.

    Raises:
        NotConnected: It is not.
    """
    connection = stored.find(application_id)
    if connection is None:
        raise NotConnected
    return connection


def open_client(application_id: str, within_ms: int = REQUEST_MS) -> ApiClient:
    """Return a client of Sigfox's API with an application's credentials.

    Args:
        application_id: The application.
        within_ms: How long all its requests together may take: a request of the management API has less time
            than a step of a job.

    Raises:
        NotConnected: There are no credentials.
        CredentialsRefused: Sigfox refused them before; it is not asked again.
    """
    connection = find_connection(application_id)
    if connection.state is ConnectionState.REFUSED:
        raise _refused_before(connection)
    secret = find_secret(_parameter(application_id))
    if secret is None:
        raise NotConnected
    account = _Noted(connection)
    return ApiClient(settings().sigfox_api_url, _read_credentials(secret), account, within_ms=within_ms)


def disconnect(application_id: str) -> None:
    """Forget the credentials and the connection, if there are any; nothing is changed in Sigfox."""
    # The connection shows that there may be credentials: it goes last.
    delete_secret(_parameter(application_id))
    rate_limits.remove_all(application_id)
    stored.remove(application_id)


class _Newcomer:
    """An application that gives credentials: nothing is noted of them before they are kept."""

    def __init__(self, application_id: str) -> None:
        self.next_turn = partial(next_turn, application_id)

    def answered(self) -> None:
        pass

    def failed(self, failure: SigfoxError) -> None:
        pass


class _Noted:
    """An application of whose connection is noted how it is doing, when that changes.

    What Sigfox did is done, whether that can be noted or not.
    """

    def __init__(self, connection: SigfoxConnection) -> None:
        self.next_turn = partial(next_turn, connection.application_id)
        self._connection = connection
        self._state = connection.state
        self._noted_at = connection.last_success_at or 0

    def answered(self) -> None:
        now = now_ms()
        if self._state is ConnectionState.CONNECTED and now - self._noted_at < _NOTED_EVERY_MS:
            return
        with suppress(StoreUnavailable):
            if self._state is ConnectionState.CONNECTED:
                stored.note_success(self._connection, now)
            else:
                stored.note_state(self._connection, ConnectionState.CONNECTED, "", now)
            self._state, self._noted_at = ConnectionState.CONNECTED, now

    def failed(self, failure: SigfoxError) -> None:
        is_refused = isinstance(failure, CredentialsRefused)
        state = ConnectionState.REFUSED if is_refused else ConnectionState.UNREACHABLE
        if state is not self._state:
            with suppress(StoreUnavailable):
                stored.note_state(self._connection, state, failure.message, now_ms())
                self._state = state


def _checked_group(client: ApiClient, group_id: str) -> str:
    client.get(f"/groups/{group_id}")
    try:
        client.page("/device-types/", {"groupIds": [group_id], "deep": True, "limit": 1})
    except SigfoxForbids as failure:
        message = f"The API user may see group {group_id}, and may not list its device types"
        raise SigfoxForbids(message) from failure
    return group_id


def _top_group(client: ApiClient) -> str:
    groups = {str(group["id"]): group for group in client.list("/groups/") if group.get("id")}
    tops = {id_: group for id_, group in groups.items() if not _ancestors(group) & groups.keys()}
    if not tops:
        message = "The API user sees no group"
        raise SigfoxForbids(message)
    if len(tops) > 1:
        listed = [f"{id_} ({group.get('name', '')})" for id_, group in tops.items()]
        named = ", ".join(listed[:_MOST_GROUPS_NAMED])
        raise InvalidInput.of([Fault("group_id", f"the API user sees several groups: name one of {named}")])
    return _checked_group(client, next(iter(tops)))


def _ancestors(group: Json) -> set[str]:
    path = group.get("path")
    steps = path if isinstance(path, list) else []
    return {str(step.get("id")) for step in steps if isinstance(step, dict)}


def _written(credentials: Credentials) -> str:
    """Write credentials as JSON without pairs of braces, which the parameter store refuses."""
    text = json.dumps({"login": credentials.login, "password": credentials.password})
    return "{" + text[1:].replace("{", "\\u007b")


def _read_credentials(secret: str) -> Credentials:
    try:
        content = json.loads(secret)
        return Credentials(content["login"], content["password"])
    except (ValueError, KeyError, TypeError) as failure:
        message = "The credentials that are kept can't be read: PUT /v1/sigfox takes new ones"
        raise CredentialsRefused(message) from failure


def _refused_before(connection: SigfoxConnection) -> CredentialsRefused:
    return CredentialsRefused(f"{connection.reason}: PUT /v1/sigfox takes new ones")


def _parameter(application_id: str) -> str:
    return f"{settings().credentials_path}/{application_id}/sigfox"
