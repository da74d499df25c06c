"""As what webhooks are told of an event (decision 47)."""

from collections.abc import Mapping

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType
from sigbridge.webhooks.details import Detail, has_location, read_detail

_OF_STEPS: Mapping[str, MessageType] = {
    type_.value.replace("downlink_", "Downlink "): type_
    for type_ in MessageType
    if type_.value.startswith("downlink_")
}
_OF_DEVICES = frozenset({"Message received", "Message completed", "Report received"})


def message_types_of(event: Event) -> tuple[MessageType, ...]:
    """Return as what webhooks are told of an event; nothing where it is for the feed and the bus alone."""
    if event.kind in _OF_STEPS:
        return (_OF_STEPS[event.kind],)
    if event.kind not in _OF_DEVICES:
        return ()
    detail = read_detail(event)
    main = MessageType.UPLINK_MESSAGE if _brings_uplink(event.kind, detail) else MessageType.SERVICE_DATA
    return (main, MessageType.LOCATION_SOLVED) if has_location(detail) else (main,)


def _brings_uplink(kind: str, detail: Detail) -> bool:
    """Return whether an event is an uplink's first one, or completes DATA_ADVANCED that came before it."""
    if kind != "Message completed":
        return kind == "Message received"
    message = detail["message"]
    return bool(detail["at"] == message.get("received_at") and detail["at"] != message.get("amended_at"))
