"""What a script may use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one script, one call of it, and one invocation of the function.

    Attributes:
        source_bytes: Length of a script in UTF-8.
        cpu_s: Processor time of a call, which the engine itself observes.
        wall_s: Time of a call, after which its process is killed, whatever it does.
        heap_bytes: Memory that the engine gives to a script.
        stack_bytes: Stack of a script.
        process_bytes: Address space of the process, should the engine's own limit fail.
        result_bytes: Length of a result as JSON.
        values: Values in a result, counted without the objects and arrays that hold them.
        depth: Objects and arrays inside each other.
        timeouts: Calls of one script that may end in a time-out, before its others are not made.
        invocation_s: Time of all calls of an invocation.
        answer_bytes: Length of all results of an invocation; Lambda takes 6 MB.
    """

    source_bytes: int = 64 * 1024
    cpu_s: float = 0.1
    wall_s: float = 0.5
    heap_bytes: int = 8 * 1024 * 1024
    stack_bytes: int = 256 * 1024
    process_bytes: int = 256 * 1024 * 1024
    result_bytes: int = 16 * 1024
    values: int = 256
    depth: int = 10
    timeouts: int = 5
    invocation_s: float = 10.0
    answer_bytes: int = 5_000_000


LIMITS = Limits()
