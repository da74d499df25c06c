"""Do what follows from changes of the table: histories, acknowledgements, states of devices."""

from sigbridge.stream.batch import handle_batch, retry_changes
from sigbridge.triggers.batches import by_source, on_changes, on_retries

lambda_handler = by_source({"aws:dynamodb": on_changes(handle_batch), "aws:sqs": on_retries(retry_changes)})
