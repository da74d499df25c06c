"""What starts a function besides a request: the table's stream, the retry queue, the clock."""
