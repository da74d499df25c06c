"""What can stop a command, said in one line."""


class AdminError(Exception):
    """A command can't go on; the message is one line for the person who typed it."""
