"""`sigbridge keys`, against the functions themselves."""

import json

import pytest

from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from tests.functional.command_line import NOT_UNDERSTOOD, OverHttp, lines

KEYS = ("keys", "list")


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    return OverHttp(key)


def test_a_created_key_works_as_far_as_its_rights_go(sigbridge: OverHttp) -> None:
    created = sigbridge.data(
        *("keys", "create", "--name", "Dashboard", "--right", "devices:read", "--expires", "2090-01-31"),
        *("--additional-parameter", "serial=dev.addr"),
    )

    token = created.pop("token")
    assert created == {
        "id": token.split("_")[1],
        "name": "Dashboard",
        "rights": ["devices:read"],
        "created_at": created["created_at"],
        "valid_until": "2090-01-31T00:00:00.000Z",
        "additional_parameter": "serial=dev.addr",
        "ends_with": token[-5:],
    }
    reader = OverHttp(token)
    assert reader.says("devices", "list") == "There are no devices.\n"
    assert reader.refuses(*KEYS).startswith("The key lacks the right keys:write: ")


def test_a_key_is_shown_to_people_once_and_in_one_piece(sigbridge: OverHttp) -> None:
    created = sigbridge.says("keys", "create", "--name", "Sigfox callbacks")
    (token,) = [word for word in created.split() if word.startswith("sbk_")]
    secret = token.split("_")[2]

    assert created.count(secret) == 1
    assert "can't be shown again" in created
    assert ["rights", "traffic:up:write"] in lines(created)
    for listed in (sigbridge.says(*KEYS), json.dumps(sigbridge.data(*KEYS))):
        assert token.split("_")[1] in listed
        assert token[-5:] in listed
        assert "Sigfox" in listed
        assert secret not in listed


def test_a_key_is_changed_and_revoked(sigbridge: OverHttp) -> None:
    created = sigbridge.data("keys", "create", "--name", "Dashboard", "--expires", "90d")
    token = created.pop("token")

    changed = sigbridge.data(
        *("keys", "set", created["id"], "--name", "Gateway", "--right", "traffic:read", "--expires", "never"),
        *("--additional-parameter", "serial=devaddr"),
    )

    assert "valid_until" not in changed
    assert (changed["name"], changed["rights"]) == ("Gateway", ["traffic:read"])
    assert sigbridge.data("keys", "set", token, "--additional-parameter", "")["additional_parameter"] == ""
    assert sigbridge.data("keys", "revoke", token) == {"id": created["id"], "revoked": True}
    said = sigbridge.refuses("keys", "revoke", token)
    assert created["id"] in said
    assert token not in said
    assert len(sigbridge.data(*KEYS)["keys"]) == 1


def test_a_key_gives_no_right_that_it_lacks(application: object) -> None:  # noqa: ARG001
    keeper = OverHttp(str(issue_key("demo", "keeper", [Right.KEYS_WRITE]).token))
    assert "traffic:read" in keeper.refuses("keys", "create", "--name", "mine", "--right", "traffic:read")


def test_a_key_does_not_revoke_itself(sigbridge: OverHttp, key: str) -> None:
    assert sigbridge.refuses("keys", "revoke", key)
    assert sigbridge.says(*KEYS)


def test_a_whole_key_is_never_sent_in_place_of_its_id(sigbridge: OverHttp) -> None:
    other = f"sbk_{'a' * 16}_{'b' * 52}"
    sigbridge.refuses("keys", "revoke", other)
    [*_, revocation] = [request.url.path for request in sigbridge.lambdas.requests]
    assert revocation == f"/v1/keys/{'a' * 16}"


@pytest.mark.parametrize(
    "options",
    [("--expires", "soon"), ("--right", "traffic:up"), ("--additional-parameter", "colour=blue")],
    ids=" ".join,
)
def test_a_malformed_wish_for_a_key_is_not_understood(sigbridge: OverHttp, options: tuple[str, str]) -> None:
    for command in (("keys", "create", "--name", "x"), ("keys", "set", "a" * 16)):
        assert options[0] in sigbridge.refuses(*command, *options, exit_code=NOT_UNDERSTOOD)
    assert not sigbridge.lambdas.requests
