"""What is told of a device's state."""

from collections.abc import Mapping

from sigbridge.clock import rfc3339
from sigbridge.conditions import Condition, Kind, Knowledge, LastMessage, State
from sigbridge.downlinks import Quota
from sigbridge.web.response import Response

_SHOWN = tuple(kind for kind in Kind if kind is not Kind.QUOTA)


def state_told(condition: Condition, quota: Quota) -> Response:
    """Answers how a device is doing; what is not known is left out, times are RFC 3339.

    Args:
        condition: What is known of the device.
        quota: Its downlinks of today.
    """
    if quota.exceeded_at is not None:
        condition = condition.with_state(State.OVER_QUOTA, quota.exceeded_at)
    content = {
        "device_id": condition.device_id,
        "state": condition.state,
        "since": None if condition.since is None else rfc3339(condition.since),
        "conditions": list(condition.states),
        "last_message": None if condition.last_message is None else _message(condition.last_message),
        "over_quota": State.OVER_QUOTA in condition.states,
        **{kind.value: _knowledge(condition.known[kind]) for kind in _SHOWN if kind in condition.known},
        "quota": _quota(quota, condition.known.get(Kind.QUOTA)),
    }
    return Response.json(200, {name: value for name, value in content.items() if value is not None})


def _quota(quota: Quota, overrun: Knowledge | None) -> Mapping[str, object]:
    content: dict[str, object] = {"limit": quota.limit, "used": quota.used}
    return content if overrun is None else content | {"overrun_at": rfc3339(overrun.at)}


def _message(message: LastMessage) -> Mapping[str, object]:
    content = {
        "time": rfc3339(message.time),
        "seq_number": message.seq_number,
        "payload": message.payload,
    }
    return {name: value for name, value in content.items() if value is not None}


def _knowledge(knowledge: Knowledge) -> Mapping[str, object]:
    times = {name: rfc3339(int(knowledge.facts[name])) for name in ("since",) if name in knowledge.facts}
    return {**knowledge.facts, **times, "at": rfc3339(knowledge.at)}
