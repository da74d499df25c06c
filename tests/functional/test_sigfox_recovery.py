"""What Sigfox could not deliver is fetched, and gaps are filled from its lists of messages."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import Enum, auto
from itertools import repeat
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.applications import create_application
from sigbridge.clock import rfc3339
from sigbridge.credentials import Right, issue_key
from sigbridge.deletion import erase_application, erase_due_applications
from sigbridge.jobs import JobKind, JobState, cancel_job, due_jobs, find_job, list_jobs, order_job
from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device_type import SigfoxDeviceType
from sigbridge.provisioning import api_client, recovering, recovery_place
from sigbridge.provisioning.api_client import Surroundings
from sigbridge.provisioning.recovery_place import RecoveryPlace
from sigbridge.provisioning.schedule import look_after_connections
from sigbridge.store import sigfox_device_types, table
from sigbridge.store.rows import Key
from sigfox_simulator.sigfox_api import CallbackRequest, SigfoxBackend
from sigfox_simulator.sigfox_api.paging import Pages
from sigfox_simulator.sigfox_api.requests import Request
from tests.functional.command_line import NOT_UNDERSTOOD, OverHttp
from tests.functional.conftest import Counted, Invoke, Stored
from tests.functional.lambdas import Context, Event, event, handler
from tests.functional.management import Management
from tests.functional.played_device import DAY, HOUR, MINUTE, Clock, PlayedDevice
from tests.functional.sigfox_api import CONTRACT, DEVICE_TYPE, GROUP, LOGIN, PASSWORD
from tests.functional.undelivered import BASE_URL

BODY = '{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},"ack":{ack}}'
ADVANCED = '{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},"lqi":"{lqi}"}'
ACKNOWLEDGE = '{"device":"{device}","time":{time},"infoCode":"{infoCode}"}'
JSON = "application/json"
_FUNCTIONS = {
    "/uplink": "uplink",
    "/uplink/batch": "batch_uplink",
    "/downlink": "bidir_downlink",
    "/sigfox/acknowledge": "sigfox_service",
    "/sigfox/data-advanced": "sigfox_service",
}


def refused(_request: CallbackRequest) -> int:
    """Nobody answers."""
    message = "Connection refused"
    raise ConnectionError(message)


class Network:
    """Sigfox with device 153FA, whose callbacks call `demo`.

    Attributes:
        backend: Sigfox's.
        answers: Downlinks that devices got.
    """

    def __init__(self, backend: SigfoxBackend, invoke: Invoke, key: str) -> None:
        self.backend = backend
        self.answers: list[str] = []
        self._invoke = invoke
        self._key = key
        backend.add_device(DEVICE_TYPE, "153FA", "PAC")
        backend.deliver = self.deliver
        self.bidir = self.add(0, 3, "/downlink", BODY, downlinkHook=True)

    def connect(self, management: Management) -> None:
        """Connect `demo`, over the host that callbacks call."""
        body = {"login": LOGIN, "password": PASSWORD, "group_id": GROUP}
        host = {"host": urlsplit(BASE_URL).netloc}
        assert management.request("PUT", "/v1/sigfox", None, body, host).status == 200

    def add(self, type_: int, subtype: int, path: str, body: str, **changes: Any) -> dict[str, Any]:
        """Add a callback as `connect` would make it."""
        callback = {
            "channel": "URL",
            "callbackType": type_,
            "callbackSubtype": subtype,
            "enabled": True,
            "url": f"{BASE_URL}{path}",
            "httpMethod": "POST",
            "headers": {"Authorization": self._key},
            "bodyTemplate": body,
            "contentType": JSON,
            "sendSni": True,
        }
        return self.backend.add_callback(DEVICE_TYPE, callback | changes)

    def deliver(self, request: CallbackRequest) -> int:
        """Call the function of a callback."""
        target = urlsplit(request.url)
        called: Event = event("uplink.json", body=request.body or None, query=target.query)
        called["requestContext"]["http"]["method"] = request.method
        called["headers"] = {"content-type": request.content_type, **request.headers}
        called["headers"] = {name.lower(): value for name, value in called["headers"].items()}
        called["pathParameters"] = {"service": target.path.rpartition("/")[2]}
        answer = self._invoke(_FUNCTIONS[target.path], called)
        if answer.status == 200 and target.path == "/downlink" and "downlinkData" in str(answer.text):
            self.answers.append(str(answer.text))
        return answer.status

    def send(self, count: int = 1, *, every: int = 600, clock: Clock, **changes: Any) -> None:
        """The device sends, at even intervals, and time passes."""
        for number in range(count):
            self.backend.transmit("153FA", f"{number:04x}", ack=True, **changes)
            clock.wait(every)


@pytest.fixture
def network(
    sigfox_backend: SigfoxBackend,
    sigfox_api_url: str,  # noqa: ARG001 - the program must ask it
    management: Management,
    invoke: Invoke,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Network:
    """Sigfox, to which `demo` is connected."""
    without_waits = Surroundings(sleep=lambda _seconds: None, random=lambda: 0.0)
    monkeypatch.setattr(api_client, "Surroundings", lambda: without_waits)
    network = Network(sigfox_backend, invoke, key)
    network.connect(management)
    return network


@pytest.fixture
def recover(management: Management, clock: Clock) -> Callable[..., dict[str, Any]]:
    """Orders a recovery and has it done; gives the job as it is then."""

    def recover(**body: object) -> dict[str, Any]:
        ordered = management.post("/v1/sigfox/recover", body)
        assert ordered.status == 202, ordered.text
        work(clock)
        shown: dict[str, Any] = management.get(f"/v1/jobs/{ordered.json['id']}").json
        return shown

    return recover


def work(clock: Clock) -> None:
    """Has the recoveries done that are due."""
    lambda_handler: Any = handler("jobs")
    for due in due_jobs(clock.now_ms):
        if find_job(due.application_id, due.job_id).kind is JobKind.SIGFOX_RECOVERY:
            lambda_handler(asdict(due), Context("jobs", remaining_ms=200_000))


def notes(job: dict[str, Any]) -> dict[str, int]:
    """What a recovery reports, by its words; what is 0 left out."""
    pairs = (note.rpartition(": ") for note in job["progress"]["notes"])
    return {words: int(count) for words, _, count in pairs if count.isdecimal() and count != "0"}


def messages(stored: Stored) -> list[tuple[int, int, str]]:
    """Every message that is stored: second, number, payload."""
    found = stored("DEVICE#demo#153FA", "MSG#")
    return sorted((int(each["time"]) // 1000, int(each["seq_number"]), each["payload"]) for each in found)


def sent(backend: SigfoxBackend) -> list[tuple[int, int, str]]:
    """Every message that was sent."""
    return sorted(
        (each.time_ms // 1000, each.shown["seqNumber"], each.shown["data"]) for each in backend.messages
    )


type Recover = Callable[..., dict[str, Any]]


@pytest.mark.usefixtures("begun")
def test_after_an_outage_of_two_hours_every_message_is_there_once(
    network: Network, management: Management, clock: Clock, stored: Stored, played: PlayedDevice
) -> None:
    """The downlinks that were answered before the outage end right, and none is handed out by it."""
    network.add(1, 4, "/sigfox/acknowledge", ACKNOWLEDGE)
    network.add(1, 6, "/sigfox/data-advanced", ADVANCED)
    first = played.push_confirmed()
    second = played.push_confirmed()
    network.backend.transmit("153FA", "aa", ack=True)
    played.happened()
    clock.wait(35)
    network.backend.deliver = refused
    network.backend.acknowledge("153FA", 0)
    clock.wait(565)
    played.give_up()
    network.send(12, clock=clock)
    network.backend.deliver = network.deliver
    network.send(2, clock=clock)
    played.happened()

    # It was ordered when the application was connected.
    every_minute()
    work(clock)
    played.happened()

    [job] = [each for each in management.get("/v1/jobs").json["jobs"] if each["kind"] == "sigfox_recovery"]
    assert job["state"] == "done"
    assert messages(stored) == sent(network.backend)
    assert len(sent(network.backend)) == 15
    found = notes(job)
    assert found.pop("messages compared with Sigfox's lists") >= 13
    assert found == {
        "callbacks that Sigfox could not deliver": 25,
        "messages stored from callbacks": 24,
        "reports stored": 1,
    }
    assert played.state(first) == "sent"
    assert played.queue() == []
    # After the outage: nothing that came late claimed it.
    assert len(network.answers) >= 2
    assert "answered" in played.steps(second)


def test_recovering_again_changes_nothing(
    network: Network, recover: Recover, clock: Clock, stored: Stored, counted: Counted
) -> None:
    network.backend.deliver = refused
    network.send(3, clock=clock)
    recover()
    before = messages(stored), stored("DEVICE#demo")
    assert counted() == {"Recovered": 3}

    again = recover(since="2020-01-01T00:00:00Z", all_messages=True)

    assert (messages(stored), stored("DEVICE#demo")) == before
    assert notes(again) == {
        "callbacks that Sigfox could not deliver": 3,
        "messages compared with Sigfox's lists": 3,
        "already there": 3,
    }
    assert counted() == {}


def test_gaps_are_filled_where_sigfox_has_forgotten_the_callback(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    network.backend.deliver = None
    network.send(3, clock=clock)
    network.backend.deliver = refused
    network.send(1, clock=clock)

    job = recover(device_types=[DEVICE_TYPE])

    assert messages(stored) == sent(network.backend)
    assert notes(job)["gaps filled from them"] == 3
    shown = management.get("/v1/devices/153fa/messages").json["messages"]
    assert [each["recovered"] for each in shown] == [True] * 4
    assert shown[-1]["radio"]["lqi"] == "GOOD"


def test_gaps_are_looked_for_only_where_something_was_found(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.backend.deliver = None
    network.send(3, clock=clock)

    recover()

    assert messages(stored) == []
    assert [each.path for each in network.backend.requests if "messages" in each.path] == []
    recover(all_messages=True, since="2020-01-01T00:00:00Z")
    assert messages(stored) == sent(network.backend)


def test_a_message_of_the_first_protocol_has_no_number(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    template = '{"device":"{device}","time":{time},"data":"{data}"}'
    network.bidir["bodyTemplate"] = template
    network.send(2, clock=clock)
    network.backend.deliver = None
    network.send(1, clock=clock)
    for message in network.backend.messages:
        del message.shown["seqNumber"]

    job = recover(all_messages=True)

    assert len(stored("DEVICE#demo", "MSG#")) == 3
    assert (notes(job)["gaps filled from them"], len(network.backend.messages)) == (1, 3)
    assert recover(all_messages=True)["progress"]["changed"] == 0


def test_a_callback_without_the_number_is_known_by_its_payload(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.bidir["bodyTemplate"] = '{"device":"{device}","time":{time},"data":"{data}"}'
    network.send(2, clock=clock)

    assert recover(all_messages=True)["progress"]["changed"] == 0
    assert len(stored("DEVICE#demo", "MSG#")) == 2


def test_another_payload_of_the_same_number_is_counted_and_changes_nothing(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.send(2, clock=clock)
    before = stored("DEVICE#demo", "MSG#")
    network.backend.messages[0].shown["data"] = "ffff"

    job = recover(all_messages=True)

    assert stored("DEVICE#demo", "MSG#") == before
    assert notes(job)["there with another payload"] == 1


def test_callbacks_of_others_and_emails_are_left(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.add(0, 2, "/uplink", BODY, url="https://elsewhere.example/uplink")
    network.backend.deliver = refused
    network.send(1, clock=clock)
    network.backend.lost[0].shown["callback"] = {"subject": "a message", "message": "text"}

    job = recover()

    assert messages(stored) == []
    assert notes(job) == {"callbacks that Sigfox could not deliver": 2, "of them, callbacks of others": 2}


@pytest.mark.parametrize(
    "callback",
    [
        {
            "httpMethod": "GET",
            "url": f"{BASE_URL}/uplink?device={{device}}&time={{time}}&data={{data}}&seqNumber={{seqNumber}}",
            "bodyTemplate": None,
            "contentType": None,
        },
        {
            "bodyTemplate": "device={device}&time={time}&data={data}&seqNumber={seqNumber}",
            "contentType": "application/x-www-form-urlencoded",
        },
        {"httpMethod": "PUT"},
        {
            "url": f"{BASE_URL}/uplink/batch?pattern=device;time;data;seqNumber;",
            "bodyTemplate": "batch={device};{time};{data};{seqNumber};",
            "contentType": "application/x-www-form-urlencoded",
        },
    ],
    ids=["query", "form", "put", "batch"],
)
def test_callbacks_of_every_form_are_recovered(
    callback: dict[str, Any], network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.backend.callbacks_of[DEVICE_TYPE].clear()
    changed = network.add(0, 2, "/uplink", BODY) | callback
    network.backend.callbacks_of[DEVICE_TYPE].clear()
    network.backend.add_callback(DEVICE_TYPE, {n: v for n, v in changed.items() if v is not None})
    network.backend.deliver = refused
    network.send(2, clock=clock)
    clear_messages_at_sigfox(network)

    recover()

    assert len(messages(stored)) == 2


def clear_messages_at_sigfox(network: Network) -> None:
    """Leaves the callbacks alone to recover from."""
    network.backend.messages.clear()


def test_pages_are_followed_whatever_comes_meanwhile(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.backend.page_size = 3
    network.backend.deliver = refused
    network.send(10, every=60, clock=clock)

    assert recover()["state"] == "done"

    assert messages(stored) == sent(network.backend)


def test_a_list_is_begun_anew_before_its_offset_is_beyond_what_sigfox_takes(
    network: Network, recover: Recover, clock: Clock, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sigbridge.provisioning.recovery_place._MOST_PAGES", 2)
    network.backend.page_size = 3
    network.backend.deliver = refused
    # Of some seconds there are more than one.
    for _ in range(5):
        network.send(4, every=0, clock=clock)
        clock.wait(60)
    network.send(10, every=60, clock=clock)

    assert recover(all_messages=True)["state"] == "done"

    assert messages(stored) == sent(network.backend)
    offsets = [int(each.query.get("offset", 0)) for each in network.backend.requests if each.query]
    assert max(offsets) == 3


def test_where_a_recovery_is_is_kept_as_text() -> None:
    place = RecoveryPlace(1, since=None, until=7, found_since={"a": 5, "b": None}, types_left={"a": 3})

    assert RecoveryPlace.read(place.as_cursor()) == place


def test_a_page_that_fails_is_asked_for_again_and_nothing_is_taken_for_recovered_before(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    network.backend.page_size = 2
    network.backend.deliver = refused
    network.send(5, every=60, clock=clock)
    network.backend.fail_next(500, path="/groups/*/callbacks-not-delivered", times=10, skip=1)

    job = recover()

    assert (job["state"], job["progress"]["looked_at"]) == ("waiting", 2)
    assert "recovered_until" not in management.get("/v1/sigfox").json
    network.backend.mend()
    clock.wait(5 * MINUTE)
    work(clock)
    assert management.get(f"/v1/jobs/{job['id']}").json["state"] == "done"
    assert messages(stored) == sent(network.backend)
    assert management.get("/v1/sigfox").json["recovered_until"]


def test_who_connects_anew_meanwhile_is_asked_from_the_beginning(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    network.backend.page_size = 2
    network.backend.deliver = refused
    network.send(5, every=60, clock=clock)
    network.backend.fail_next(500, path="/groups/*/callbacks-not-delivered", times=10, skip=1)
    job = recover()
    network.backend.mend()
    clock.wait(5 * MINUTE)
    network.connect(management)
    network.backend.requests.clear()

    work(clock)

    asked = [each for each in network.backend.requests if "not-delivered" in each.path]
    assert "offset" not in asked[0].query
    assert management.get(f"/v1/jobs/{job['id']}").json["state"] == "done"
    assert messages(stored) == sent(network.backend)


def test_what_fails_for_a_day_fails_the_job_and_is_asked_for_again_by_the_next(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    network.backend.deliver = refused
    network.send(2, clock=clock)
    network.backend.fail_next(500, path="/groups/*/callbacks-not-delivered", times=1000)

    job = recover()
    clock.wait(HOUR)
    work(clock)
    assert management.get(f"/v1/jobs/{job['id']}").json["state"] == "waiting"
    clock.wait(23 * HOUR)
    work(clock)

    failed = management.get(f"/v1/jobs/{job['id']}").json
    assert failed["state"] == "failed"
    assert "recovered_until" not in management.get("/v1/sigfox").json
    network.backend.mend()
    recover()
    assert messages(stored) == sent(network.backend)


def test_a_busy_api_postpones_the_job(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    network.backend.deliver = refused
    network.send(2, clock=clock)
    network.backend.fail_next(429, path="/groups/*/callbacks-not-delivered", times=4)

    job = recover()

    assert job["state"] == "waiting"
    network.backend.mend()
    clock.wait(2 * MINUTE)
    work(clock)
    assert management.get(f"/v1/jobs/{job['id']}").json["state"] == "done"
    assert messages(stored) == sent(network.backend)


def test_a_right_that_is_missing_fails_the_job(
    network: Network, recover: Recover, management: Management
) -> None:
    network.backend.forbid("/groups/*/callbacks-not-delivered")

    job = recover()

    assert job["state"] == "failed"
    assert "lacks a right" in job["progress"]["problems"][0]["problem"]
    assert "recovered_until" not in management.get("/v1/sigfox").json


def test_each_time_it_begins_ten_minutes_before_the_last_one_ended(
    network: Network, recover: Recover, clock: Clock
) -> None:
    recover()
    until = clock.now_ms
    clock.wait(HOUR)
    network.backend.requests.clear()

    recover()

    [asked] = [each for each in network.backend.requests if "not-delivered" in each.path]
    assert asked.query == {
        "since": str(until - 600_000),
        "before": str(clock.now_ms),
        "limit": "100",
    }


def test_one_for_the_last_hour_leaves_open_what_was_before(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    recover()
    network.backend.deliver = refused
    network.send(1, clock=clock)
    clock.wait(3 * HOUR)

    recover(since=rfc3339(clock.now_ms - HOUR * 1000))
    assert messages(stored) == []
    recover()

    assert messages(stored) == sent(network.backend)


@pytest.mark.usefixtures("network")
def test_it_says_where_sigfox_remembers_less_than_is_asked_for(recover: Recover, clock: Clock) -> None:
    forgotten = "Sigfox remembers {} days of some device types: what was missed before is gone there"
    since = rfc3339(clock.now_ms - 10 * DAY * 1000)

    assert forgotten.format(3) in recover(since=since)["progress"]["notes"]
    contract = Contract("contract1", "Platinum", allows_downlinks=True, history_days=30)
    sigfox_device_types.describe_all("demo", [SigfoxDeviceType(DEVICE_TYPE, contracts=(contract,))])
    assert "remembers" not in str(recover(since=since))
    since = rfc3339(clock.now_ms - 31 * DAY * 1000)
    assert forgotten.format(30) in recover(since=since)["progress"]["notes"]


def test_the_key_in_the_headers_of_callbacks_is_nowhere(
    network: Network,
    recover: Recover,
    clock: Clock,
    stored: Stored,
    capsys: pytest.CaptureFixture[str],
    management: Management,
) -> None:
    secret = str(issue_key("demo", "of callbacks", [Right.TRAFFIC_UP_WRITE]).token)
    network.bidir["headers"] = {"Authorization": secret}
    broken = network.add(0, 2, "/uplink", f'{{"device":"no id/{secret}","data":"{{data}}"}}')
    broken["headers"] = {"Authorization": secret}
    network.backend.deliver = refused
    network.send(2, clock=clock)

    job = recover()

    assert notes(job)["refused"] == 2
    ending = secret.rpartition("_")[2]
    told = [json.dumps(job), str(management.get("/v1/devices/153fa/messages").text)]
    captured = capsys.readouterr()
    assert ending not in "".join([*told, json.dumps(stored(), default=str), captured.out, captured.err])


def test_an_inactive_device_is_left_out(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    management.post("/v1/devices", {"id": "153FA"})
    management.patch("/v1/devices/153fa", {"active": False})
    network.backend.deliver = refused
    network.send(2, clock=clock)

    assert notes(recover())["of inactive devices"] == 4
    assert messages(stored) == []


def test_unknown_devices_are_rejected_where_the_application_says_so(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    management.patch("/v1/application", {"unknown_devices": "reject"})
    network.backend.add_device(DEVICE_TYPE, "00A2", "PAC")
    management.post("/v1/devices", {"id": "153FA"})
    network.backend.deliver = None
    network.send(1, clock=clock)
    network.backend.transmit("00A2", "01")
    clock.wait(MINUTE)

    job = recover(all_messages=True)

    assert (len(messages(stored)), len(stored(sk="MSG#"))) == (1, 1)
    assert notes(job)["refused"] == 1


def test_a_device_type_that_is_gone_holds_nothing_up(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.backend.deliver = None
    network.send(1, clock=clock)

    job = recover(device_types=["gone", DEVICE_TYPE])

    assert job["state"] == "done"
    assert job["progress"]["failed"] == 1
    assert messages(stored) == sent(network.backend)


def test_drifted_answers_are_read(network: Network, recover: Recover, clock: Clock, stored: Stored) -> None:
    network.backend.drifting = True
    network.backend.deliver = refused
    network.send(2, clock=clock)
    network.backend.deliver = None
    network.send(2, clock=clock)

    recover(all_messages=True)

    assert messages(stored) == sent(network.backend)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"since": "tomorrow"}, 400),
        ({"since": "2999-01-01T00:00:00Z"}, 400),
        ({"device_types": ["no/id"]}, 400),
        ({"device_types": "type1"}, 400),
        ({"all_messages": "perhaps"}, 400),
        ({"everything": True}, 400),
    ],
)
def test_what_is_ordered_wrongly_is_refused(
    body: object, status: int, management: Management, network: Network
) -> None:
    assert management.post("/v1/sigfox/recover", body).status == status
    assert network.answers == []


def test_who_is_not_connected_recovers_nothing(management: Management) -> None:
    answer = management.post("/v1/sigfox/recover", {})

    assert answer.status == 404
    assert "PUT /v1/sigfox" in answer.json["message"]


def test_refused_credentials_recover_nothing(
    network: Network, recover: Recover, management: Management
) -> None:
    network.backend.users = {}
    assert recover()["state"] == "failed"
    asked = len(network.backend.requests)

    assert management.post("/v1/sigfox/recover", {}).status == 424
    assert len(network.backend.requests) == asked


def every_minute() -> None:
    lambda_handler: Any = handler("every_minute")
    assert lambda_handler({}, Context("every_minute")) is None


def kinds(management: Management) -> Counter[str]:
    """How many jobs there are, by their kinds."""
    return Counter(job["kind"] for job in management.get("/v1/jobs").json["jobs"])


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The jobs that were begun; nothing comes of it."""
    invoked: list[object] = []
    monkeypatch.setattr(
        "sigbridge.jobs.running.invoke_later", lambda _function, request: invoked.append(request)
    )
    return invoked


@pytest.mark.usefixtures("network", "begun")
def test_right_after_the_first_connect_and_each_hour_a_recovery_is_ordered_and_each_day_a_check(
    management: Management, clock: Clock
) -> None:
    clock.wait(20)
    every_minute()
    assert kinds(management) == {"sigfox_recovery": 1, "sigfox_check": 1}

    # No minute of a function's has the same length.
    late = 20
    for hour in range(1, 25):
        for job in list_jobs("demo")[:2]:
            cancel_job("demo", job.id)
        clock.wait(HOUR - late)
        late = 0
        for _ in range(2):
            assert look_after_connections(clock.now_ms, clock.now_ms).failed == 0
        assert kinds(management)["sigfox_recovery"] == hour + 1

    assert kinds(management)["sigfox_check"] == 2


@pytest.mark.usefixtures("network", "begun")
def test_where_one_has_not_ended_no_other_is_ordered(management: Management, clock: Clock) -> None:
    every_minute()
    for _ in range(3):
        clock.wait(DAY)
        every_minute()

    assert kinds(management) == {"sigfox_recovery": 1, "sigfox_check": 1}


@pytest.mark.usefixtures("begun")
def test_a_refused_connection_orders_nothing(
    network: Network, recover: Recover, management: Management, clock: Clock
) -> None:
    network.backend.users = {}
    recover()
    before = kinds(management)
    asked = len(network.backend.requests)

    for minute in range(3 * 60):
        clock.wait(MINUTE)
        # An hour of minutes is enough to see what each minute does.
        if minute % 60 < 20:
            every_minute()
            work_on_all(clock)

    assert kinds(management) == before
    assert len(network.backend.requests) == asked


@pytest.mark.usefixtures("begun")
def test_a_password_that_is_changed_in_sigfox_ends_all_that_waits_after_one_request(
    network: Network, management: Management, clock: Clock
) -> None:
    management.post("/v1/sigfox/recover", {})
    management.post("/v1/sigfox/import")
    order_job("demo", JobKind.SIGFOX_CHECK, {})
    network.backend.users = {LOGIN: "another-password"}
    network.backend.requests.clear()

    for _ in range(30):
        work_on_all(clock)
        clock.wait(MINUTE)
        every_minute()

    assert len(network.backend.requests) == 1
    states = {job["kind"]: job["state"] for job in management.get("/v1/jobs").json["jobs"]}
    assert states.pop("sigfox_check") == "done"
    assert set(states.values()) == {"failed"}
    assert management.get("/v1/sigfox").json["state"] == "refused"


def work_on_all(clock: Clock) -> None:
    """Has all jobs worked on that are due."""
    lambda_handler: Any = handler("jobs")
    for due in due_jobs(clock.now_ms):
        lambda_handler(asdict(due), Context("jobs", remaining_ms=200_000))


class Fate(Enum):
    """What becomes of a message's callbacks.

    DELIVERED: Both come.
    LOST: None comes, and Sigfox lists them.
    HALF: The second one is lost.
    FORGOTTEN: None comes, and only the list of messages tells of it.
    """

    DELIVERED = auto()
    LOST = auto()
    HALF = auto()
    FORGOTTEN = auto()


@given(fates=st.lists(st.sampled_from(Fate), min_size=1, max_size=4), page_size=st.integers(2, 4))
def test_whatever_was_lost_every_message_is_there_once_and_whole(
    network: Network,
    recover: Recover,
    clock: Clock,
    stored: Stored,
    fates: list[Fate],
    page_size: int,
) -> None:
    clock.wait(HOUR)
    begun = clock.seconds
    network.backend.page_size = page_size
    network.backend.callbacks_of[DEVICE_TYPE].clear()
    network.add(0, 3, "/downlink", BODY)
    network.add(1, 6, "/sigfox/data-advanced", ADVANCED)
    for number, fate in enumerate(fates):
        called = network.backend.transmit("153FA", f"{number:02x}", deliver=lambda _request: 200)
        delivered = {Fate.DELIVERED: 2, Fate.HALF: 1}.get(fate, 0)
        for request in called[:delivered]:
            assert network.deliver(request) < 300
        if fate is not Fate.FORGOTTEN:
            for request in called[delivered:]:
                network.backend.lose(request)
        clock.wait(20)

    job = recover(since=rfc3339(begun * 1000), all_messages=True)

    found = [each for each in stored("DEVICE#demo#153FA", "MSG#") if each["time"] >= begun * 1000]
    assert [int(each["time"]) // 1000 for each in found] == [
        begun + 20 * number for number in range(len(fates))
    ]
    assert [each["payload"] for each in found] == [f"{number:02x}" for number in range(len(fates))]
    assert {(each["advanced"] if "advanced" in each else each["radio"])["lqi"] for each in found} == {"GOOD"}
    assert job["progress"]["failed"] == 0


@pytest.fixture
def sigbridge(key: str, clock: Clock) -> OverHttp:
    """The command line; jobs are worked on while it waits."""
    sigbridge = OverHttp(key)
    sigbridge.pastime.events = repeat(lambda: work(clock))
    return sigbridge


def test_the_command_waits_and_prints_the_report(
    sigbridge: OverHttp, network: Network, clock: Clock, stored: Stored
) -> None:
    network.backend.deliver = refused
    network.send(2, clock=clock)

    said = sigbridge.says("sigfox", "recover", "--since", "2d", "--wait")

    assert "messages stored from callbacks: 2" in said.splitlines()
    assert messages(stored) == sent(network.backend)


def test_the_command_orders_all_that_can_be_ordered(sigbridge: OverHttp, network: Network) -> None:
    job = sigbridge.data("sigfox", "recover", "--device-type", "a", "--device-type", "b", "--all-messages")

    assert (job["kind"], job["state"]) == ("sigfox_recovery", "waiting")
    ordered = find_job("demo", job["id"])
    assert ordered.arguments == {"since": None, "device_types": ["a", "b"], "all_messages": True}
    assert network.answers == []


@pytest.mark.parametrize("since", ["soon", "2x", "-1d", "9999999w"])
def test_a_moment_that_is_none_is_not_understood(since: str, sigbridge: OverHttp) -> None:
    said = sigbridge.run("sigfox", "recover", f"--since={since}")

    assert said.exit_code == NOT_UNDERSTOOD
    assert "is neither a duration (12h, 2d, 1w) nor a date" in said.stderr


def test_what_another_application_of_the_stack_missed_is_left_to_that(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    """Both are called at the same host: whose a callback is, its key tells."""
    create_application("other", "Other")
    theirs = str(issue_key("other", "callbacks", [Right.TRAFFIC_UP_WRITE]).token)
    network.bidir["headers"] = {"Authorization": theirs}
    network.backend.deliver = refused
    network.send(1, clock=clock)

    job = recover()

    assert stored("DEVICE#demo") == []
    assert notes(job) == {"callbacks that Sigfox could not deliver": 1, "of them, callbacks of others": 1}


def test_a_message_that_is_found_before_its_callback_comes_gets_its_answer(
    network: Network, recover: Recover, played: PlayedDevice
) -> None:
    """Sigfox lists a message before it has called."""
    played.push_confirmed()
    on_their_way: list[CallbackRequest] = []

    def later(request: CallbackRequest) -> int:
        on_their_way.append(request)
        return 200

    network.backend.deliver = later
    network.backend.transmit("153FA", "aa", ack=True)
    recover(all_messages=True)

    assert [network.deliver(request) for request in on_their_way] == [200]
    assert len(network.answers) == 1


def test_a_device_type_without_an_id_holds_nothing_up(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.backend.deliver = None
    network.send(1, clock=clock)
    network.backend.device_types["odd"] = network.backend.device_types[DEVICE_TYPE] | {"id": ""}

    assert recover(all_messages=True)["state"] == "done"
    assert messages(stored) == sent(network.backend)


def test_pages_in_a_circle_end(
    network: Network, recover: Recover, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.backend.deliver = refused
    network.send(1, clock=clock)
    asked = 0

    def circle(pages: Pages, entries: Sequence[Any], request: Request) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        assert asked < 100, "it goes round and round"
        following = f"{pages.base_url}{request.path}?offset={asked % 2}"
        return {"data": list(entries), "paging": {"next": following}}

    monkeypatch.setattr(Pages, "cut", circle)
    monkeypatch.setattr(recovery_place, "_MOST_PAGES", 4)
    job = recover()
    assert job["state"] == "waiting"
    for _ in range(2):
        clock.wait(DAY)
        work(clock)

    ended = find_job("demo", job["id"])
    assert ended.state is JobState.FAILED
    assert "without coming to an end" in str(ended.progress)


def test_a_recovery_whose_application_is_disconnected_ends(
    network: Network, recover: Recover, clock: Clock, management: Management
) -> None:
    network.backend.fail_next(429, path="/groups/*/callbacks-not-delivered", times=4)
    job = recover()
    assert management.delete("/v1/sigfox").status == 204
    network.backend.mend()
    network.backend.requests.clear()
    clock.wait(2 * MINUTE)

    work(clock)

    ended = management.get(f"/v1/jobs/{job['id']}").json
    assert ended["state"] == "failed"
    assert "not connected" in str(ended["progress"]["problems"])
    assert network.backend.requests == []


def test_a_job_of_a_deleted_application_asks_nothing_and_leaves_nothing(
    network: Network, recover: Recover, clock: Clock, stored: Stored
) -> None:
    network.backend.deliver = refused
    network.send(1, clock=clock)
    network.backend.fail_next(429, path="/groups/*/callbacks-not-delivered", times=4)
    recover()
    waiting = list(stored("APP#demo", "JOB#"))
    erase_application("demo")
    erase_due_applications(clock.now_ms, clock.now_ms + 60_000)
    network.backend.mend()
    network.backend.requests.clear()
    clock.wait(2 * MINUTE)

    work(clock)
    for each in waiting:
        lambda_handler: Any = handler("jobs")
        lambda_handler(
            {"application_id": "demo", "job_id": each["sk"].removeprefix("JOB#")},
            Context("jobs", remaining_ms=200_000),
        )

    assert network.backend.requests == []
    assert stored("APP#demo", "JOB#") == []
    assert stored("DEVICE#demo") == []


def test_what_was_stored_and_forgotten_does_not_come_back(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    """What is older than messages are kept can't be told from what never came."""
    network.backend.contracts[CONTRACT]["options"] = [{"id": "messageHistory", "parameters": {"duration": 1}}]
    management.patch("/v1/application", {"retention_days": 7})
    network.send(1, clock=clock)
    forgotten = stored("DEVICE#demo#153FA", "MSG#")
    clock.wait(8 * DAY)
    network.backend.deliver = None
    network.send(1, clock=clock)
    forget(forgotten)

    recover(all_messages=True, since="2020-01-01T00:00:00Z")

    assert messages(stored) == sent(network.backend)[1:]


def forget(items: list[dict[str, Any]]) -> None:
    """Delete items as DynamoDB does when their time is over."""
    table.delete_all([Key(item["pk"], item["sk"]) for item in items])


def test_who_disconnects_while_a_page_is_read_stays_disconnected(
    network: Network,
    recover: Recover,
    clock: Clock,
    stored: Stored,
    management: Management,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network.backend.deliver = refused
    network.send(1, clock=clock)
    cut = Pages.cut

    def disconnect(pages: Pages, entries: Sequence[Any], request: Request) -> dict[str, Any]:
        assert management.delete("/v1/sigfox").status == 204
        return cut(pages, entries, request)

    monkeypatch.setattr(Pages, "cut", disconnect)

    assert recover()["state"] == "failed"
    assert stored("APP#demo", "SIGFOX") == []
    assert management.get("/v1/sigfox").status == 404
    every_minute()
    assert [job for job in list_jobs("demo") if not job.state.is_end] == []


def test_two_recoveries_at_once_store_everything_once(
    network: Network,
    recover: Recover,
    clock: Clock,
    stored: Stored,
    management: Management,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network.backend.deliver = None
    network.send(3, clock=clock)
    compare = recovering.compare_messages
    is_first = True

    def meanwhile(application_id: str, found: Sequence[Any]) -> list[Any]:
        nonlocal is_first
        comparisons = compare(application_id, found)
        if is_first:
            is_first = False
            assert recover(all_messages=True)["state"] == "done"
        return comparisons

    monkeypatch.setattr(recovering, "compare_messages", meanwhile)

    job = recover(all_messages=True)

    assert messages(stored) == sent(network.backend)
    assert notes(job) == {"messages compared with Sigfox's lists": 3, "already there": 3}
    jobs = management.get("/v1/jobs").json["jobs"]
    assert sum(each["progress"]["changed"] for each in jobs) == 3


def test_what_is_told_of_a_message_after_its_gap_was_filled_is_added_to_it(
    network: Network, recover: Recover, clock: Clock, stored: Stored, management: Management
) -> None:
    network.add(1, 6, "/sigfox/data-advanced", ADVANCED)
    late: list[CallbackRequest] = []

    def later(request: CallbackRequest) -> int:
        late.append(request)
        return 200

    network.backend.deliver = later
    network.send(1, clock=clock)
    recover(all_messages=True)

    assert {network.deliver(request) for request in late} <= {200, 204}
    assert messages(stored) == sent(network.backend)
    [shown] = management.get("/v1/devices/153fa/messages").json["messages"]
    assert shown["recovered"] is True
    assert shown["radio"]["lqi"] == "GOOD"


def test_numbers_begin_again_at_0(network: Network, recover: Recover, clock: Clock, stored: Stored) -> None:
    network.backend.deliver = None
    for number in (4094, 4095, 0, 1):
        network.backend.transmit("153FA", "aa", seq_number=number)
        clock.wait(600)
    # The same number, long after.
    network.backend.transmit("153FA", "aa", seq_number=4095)
    clock.wait(60)

    recover(all_messages=True)

    assert messages(stored) == sent(network.backend)
    assert len(messages(stored)) == 5
