"""The customer's own server: what it does to requests, and what it writes down."""

import asyncio
import base64
from collections import Counter
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from sigfox_simulator.receiver import Receiver, ReceiverFault

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
BODY = '{"message_type": "uplink_message"}'


def headers(body: str = BODY, message_id: str = "msg_1", secret: str = SECRET) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body),
    }


def receiver(faults: float = 0, *, down: bool = False) -> Receiver:
    return Receiver(7, faults, lambda _webhook: down, secrets={"one": SECRET})


def called(server: Receiver, *requests: dict[str, str]) -> list[int | None]:
    """Statuses that the server answers over HTTP; None where it hangs up."""

    async def call() -> list[int | None]:
        statuses: list[int | None] = []
        async with server.listening("127.0.0.1") as url, httpx.AsyncClient(trust_env=False) as client:
            for each in requests:
                try:
                    answer = await client.post(f"{url}/one", headers=each, content=BODY)
                    statuses.append(answer.status_code)
                except httpx.TransportError:
                    statuses.append(None)
        return statuses

    return asyncio.run(call())


def test_a_signed_request_is_taken() -> None:
    server = receiver()

    assert called(server, headers()) == [200]

    [receipt] = server.receipts["one"]
    assert (receipt.message_id, receipt.body.decode()) == ("msg_1", BODY)
    assert receipt.is_signed
    assert receipt.is_taken


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        headers(body="{}"),
        headers(secret="whsec_" + base64.b64encode(b"another secret of 24 by..").decode()),
        headers() | {"webhook-signature": "v1"},
        headers() | {"webhook-timestamp": "yesterday"},
    ],
    ids=["none", "of another body", "by another secret", "no signature", "no time"],
)
def test_a_wrong_signature_is_noticed(wrong: dict[str, str]) -> None:
    server = receiver()

    called(server, wrong)

    assert [receipt.is_signed for receipt in server.receipts["one"]] == [False]


def test_it_misbehaves_as_the_seed_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sigfox_simulator.receiver._SLOW_S", 0)
    requests = [headers(message_id=f"msg_{number}") for number in range(60)]
    server, again = receiver(0.5), receiver(0.5)

    statuses = called(server, *requests)

    assert statuses == called(again, *requests)
    assert Counter(statuses).keys() == {200, 429, 500, None}
    not_taken = sum(status in {429, 500} for status in statuses)
    assert sum(not receipt.is_taken for receipt in server.receipts["one"]) == not_taken
    assert len(ReceiverFault) == 4


def test_what_comes_while_it_is_down_is_not_read() -> None:
    server = receiver(down=True)

    assert called(server, headers()) == [503]
    assert server.receipts == {}

    server.recover()
    assert called(server, headers()) == [200]
