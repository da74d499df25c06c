"""What it costs to call a webhook."""

from bill.prices import Prices
from bill.sizes import duration_s
from bill.usage import MEMORY_GB, Measured

# Into the queue, out of it, and away.
_QUEUE_REQUESTS = 3
# How long an endpoint takes to answer, its name's look-up and TLS included. Assumed.
ANSWER_S = 0.2
# A request with its headers, and what TLS needs.
SENT_BYTES = 3_000
_ROW = "sender, tts, 10 in a batch"


def delivery_price(measured: Measured, prices: Prices, together: int) -> float:
    """What one delivery costs, with so many in each request to the queue and in each invocation."""
    figures = measured.figures[_ROW]
    processor_s = together * figures["processor_ms"] / 1000
    # The waits of a batch for its endpoints go by together.
    seconds = ANSWER_S + duration_s(processor_s, figures["requests"], MEMORY_GB * 1024)
    batch = (
        _QUEUE_REQUESTS * (prices.queue_request + prices.fair_queue_request)
        + prices.invocation
        + seconds * MEMORY_GB * prices.gigabyte_second
        + figures["read_units"] * prices.read_unit
    )
    return batch / together + SENT_BYTES / 1e9 * prices.sent_gigabyte
