"""Tell destinations what happened: from changes of the table, and again from the retry queue."""

from sigbridge.stream.publishing import publish_again, publish_batch
from sigbridge.triggers.batches import by_source, on_changes, on_retries

lambda_handler = by_source({"aws:dynamodb": on_changes(publish_batch), "aws:sqs": on_retries(publish_again)})
