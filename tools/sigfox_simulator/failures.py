"""What can stop a simulation."""


class SimulationError(Exception):
    """It can't go on; the message is one line for the person who typed the command."""
