"""Under which key a message is kept, so that every delivery of it leads there."""

import hashlib
import json
import secrets
from dataclasses import dataclass

from sigbridge.clock import DAY_MS, is_believed
from sigbridge.model.message import Network, ReceivedMessage
from sigbridge.store.messages import SentMark

# How far ahead of ours a sender's clock may be without costing more. It is less than a day by so much that
# no repeat of a message that was not believed is: Sigfox repeats its callbacks for 7 minutes.
_SKEW_MS = 3_600_000
_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Under which id a message is kept.

    Attributes:
        id: `<ms, 13 digits>#<seqNumber or digest>`.
        mark: By what its repeats find it, where the moment is not the one that was sent, or might not be.
    """

    id: str
    mark: SentMark | None = None

    @property
    def time(self) -> int:
        """The moment that counts as the message's, epoch ms."""
        return int(self.id.partition("#")[0])


def message_key(
    message: ReceivedMessage, payload: str | None, arrived_at: int, kept_until: int
) -> MessageKey:
    """Return the key of a message.

    Args:
        message: The message.
        payload: As it is kept.
        arrived_at: When this delivery came, epoch ms.
        kept_until: When the message is forgotten, epoch seconds.
    """
    if message.time is not None:
        return _key_of_time(message.time, _number(message, payload), arrived_at, kept_until)
    if message.unread_time is not None:
        sent = f"{_digest(message.unread_time)}#{_number(message, payload)}"
        # The same text may well come again, with the next message: "never", or an unfilled `{time}`.
        return _marked(sent, arrived_at, (arrived_at + DAY_MS) // 1000)
    return MessageKey(f"{arrived_at:013d}#{secrets.token_hex(8)}")


def _key_of_time(time: int, number: str, arrived_at: int, kept_until: int) -> MessageKey:
    sent = f"{time:013d}#{number}"
    if time <= arrived_at + _SKEW_MS:
        return MessageKey(sent)
    if is_believed(time, arrived_at):
        return MessageKey(sent, SentMark(sent, kept_until))
    return _marked(sent, arrived_at, kept_until)


def _marked(sent: str, arrived_at: int, kept_until: int) -> MessageKey:
    return MessageKey(f"{arrived_at:013d}#{_digest(sent)}", SentMark(sent, kept_until))


def _number(message: ReceivedMessage, payload: str | None) -> str:
    if message.seq_number is not None:
        return str(message.seq_number)
    content: list[object] = [payload]
    if message.network is Network.GENERIC or message.time is None:
        location = None if message.location is None else message.location.as_record()
        variables = [variable.as_record() for variable in message.variables]
        content += [message.port, location, variables]
    if message.time is None:
        content.append(dict(message.radio))
    return _digest(content)


def _digest(content: object) -> str:
    text = json.dumps(content, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
