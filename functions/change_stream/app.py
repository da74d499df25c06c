"""Do what follows from changes of the table: histories, acknowledgements, states of devices."""

from sigbridge.stream.batch import handle_batch
from sigbridge.triggers.batches import on_changes

lambda_handler = on_changes(handle_batch)
