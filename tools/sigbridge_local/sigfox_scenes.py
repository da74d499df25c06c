"""Sigfox's API in the demonstration: connected by a request, an outage of two hours, no message lost."""

from collections import Counter
from datetime import UTC, datetime
from http import HTTPStatus

import httpx

from sigbridge_local.scene import Scene
from sigfox_simulator.sigfox_api import example

_HOUR_S = 3_600
_BEFORE_S, _IN_OUTAGE_S = 3 * _HOUR_S, (2 * _HOUR_S, _HOUR_S)
_SETTLES_WITHIN_S = 60


def sigfox_scenes(sigfox_url: str, now_s: int) -> list[Scene]:
    """The scenes in which the simulated Sigfox at a URL plays, at a moment in epoch seconds."""
    transmit = "/simulator/transmit"
    before, during = now_s - _BEFORE_S, [now_s - ago for ago in _IN_OUTAGE_S]
    device = {"device_id": example.DEVICE_ID}
    credentials = {"login": example.LOGIN, "password": example.PASSWORD, "group_id": example.GROUP_ID}
    messages = f"/v1/devices/{example.DEVICE_ID}/messages"
    lost = [
        Scene(
            f"An outage of two hours: what the device sends can't be delivered ({number} of {len(during)})",
            "POST",
            transmit,
            _was_called,
            device | {"data": f"0{number}", "time": moment, "outage": True},
            base_url=sigfox_url,
        )
        for number, moment in enumerate(during, start=1)
    ]
    return [
        Scene(
            "The application is connected to Sigfox's API",
            "PUT",
            "/v1/sigfox",
            lambda answer: answer.is_success and answer.json()["state"] == "connected",
            credentials,
        ),
        Scene(
            "Sigbridge makes the callbacks of a device type, and the keys that they show",
            "POST",
            f"/v1/sigfox/device-types/{example.DEVICE_TYPE_ID}/connect",
            lambda answer: answer.is_success,
            {"mode": "bidir"},
        ),
        Scene(
            "A device sends; Sigfox calls the callbacks that were just made",
            "POST",
            transmit,
            _was_called,
            device | {"data": "00", "time": before},
            base_url=sigfox_url,
        ),
        Scene("Its message has arrived", "GET", messages, lambda answer: _has_once(answer, [before])),
        *lost,
        Scene(
            "Sigfox keeps what it could not deliver, and Sigbridge fetches it: each hour, or now",
            "POST",
            "/v1/sigfox/recover",
            lambda answer: answer.status_code == HTTPStatus.ACCEPTED,
            # What was lost is of hours ago, and so of before the recovery that follows the connecting.
            {"since": f"{datetime.fromtimestamp(before, UTC):%Y-%m-%dT%H:%M:%SZ}"},
        ),
        Scene(
            "Every message is there, once",
            "GET",
            messages,
            lambda answer: _has_once(answer, [before, *during]),
            settles_within_s=_SETTLES_WITHIN_S,
            after="EveryMinuteFunction",
        ),
    ]


def _was_called(answer: httpx.Response) -> bool:
    """BIDIR, then DATA_ADVANCED."""
    return answer.is_success and len(answer.json()["callbacks"]) == 2


def _has_once(answer: httpx.Response, moments: list[int]) -> bool:
    if not answer.is_success:
        return False
    times = Counter(message["time"] for message in answer.json()["messages"])
    return all(times[f"{datetime.fromtimestamp(each, UTC):%Y-%m-%dT%H:%M:%S}.000Z"] == 1 for each in moments)
