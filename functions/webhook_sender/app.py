"""Call webhooks with what waits for them in the queue."""

from sigbridge.triggers.deliveries import on_deliveries
from sigbridge.webhooks.delivering import deliver_messages

lambda_handler = on_deliveries(deliver_messages)
