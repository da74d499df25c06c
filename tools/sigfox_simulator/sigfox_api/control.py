"""What happens at Sigfox's without a request to its API: told over HTTP by those who play it."""

from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

import urllib3

from sigfox_simulator.sigfox_api.backend import SigfoxBackend
from sigfox_simulator.sigfox_api.delivery import CallbackRequest
from sigfox_simulator.sigfox_api.requests import Answer, Json, Refused

CONTROL_PATH = "/simulator/"
_TIMEOUT_S = 10


def control(backend: SigfoxBackend, name: str, arguments: Json) -> Answer:
    """Have something happen, as `transmit` or `add_device`, with the arguments of its method.

    What a device sends is delivered, but in an outage: `"outage": true`.
    """
    acts: Mapping[str, Callable[..., Any]] = {
        "add_group": backend.add_group,
        "add_contract": backend.add_contract,
        "add_device_type": backend.add_device_type,
        "add_device": backend.add_device,
        "add_unregistered": backend.add_unregistered,
        "transmit": backend.transmit,
        "acknowledge": backend.acknowledge,
    }
    if name not in acts:
        return Answer(404, {"message": "No such act"})
    given = dict(arguments)
    if name in {"transmit", "acknowledge"}:
        given["deliver"] = _fail if given.pop("outage", False) else _call
    try:
        done = acts[name](**given)
    except Refused as refused:
        return refused.answer
    except (KeyError, TypeError) as mistake:
        return Answer(400, {"message": repr(mistake)})
    if name in {"transmit", "acknowledge"}:
        return Answer(200, {"callbacks": [f"{each.method} {each.url}" for each in done]})
    return Answer(200, done or {})


def _fail(_request: CallbackRequest) -> int:
    return HTTPStatus.SERVICE_UNAVAILABLE


def _call(request: CallbackRequest) -> int:
    headers = dict(request.headers)
    if request.body:
        headers["Content-Type"] = request.content_type
    body = request.body or None
    try:
        answer = _pool().request(
            request.method, request.url, headers=headers, body=body, timeout=_TIMEOUT_S, retries=False
        )
    except urllib3.exceptions.HTTPError as failure:
        raise ConnectionError(type(failure).__name__) from failure
    return answer.status


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager()
