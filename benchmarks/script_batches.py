"""A process that runs as many batches of scripts as are asked for, as the function `formatter` does."""

import json
import sys
from itertools import cycle, islice

from sandbox.batch import run_batch
from sandbox.fork_server import ForkServer
from sandbox.protocol import Request, answer
from sigbridge.model.formatter import FormatterKind
from sigbridge_admin.formatter_library import library


def main(batches: int, messages: int) -> None:
    """Run batches of so many messages of the library's devices, and check that all were read."""
    examples = [each for each in library() if each.kind is FormatterKind.JAVASCRIPT]
    sent = [(each.id, bytes.fromhex(sample.payload)) for each in examples for sample in each.uplinks]
    event = {
        "version": 1,
        "scripts": [{"id": each.id, "application": "bench", "source": each.source} for each in examples],
        "calls": [
            {"script": id_, "function": "decodeUplink", "input": {"bytes": list(payload)}}
            for id_, payload in islice(cycle(sent), messages)
        ],
    }
    fork_server = ForkServer()
    for _ in range(batches):
        results = answer(run_batch(Request.from_event(event), fork_server))["results"]
        json.dumps(results)
        if any("error" in result for result in results):
            sys.exit(f"not every payload was read: {results}")
    fork_server.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
