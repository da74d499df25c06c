"""What can stop the local stack."""


class LocalStackError(Exception):
    """A command can't go on; the message is one line for the person who typed it."""

    exit_code = 1


class UnavailableError(LocalStackError):
    """Something that this machine would need is missing, so the command was skipped."""

    exit_code = 3
