"""Stands for the function and a child whose engine was escaped from; prints what the child can reach."""

import ctypes
import json
import os
import resource
import socket
import sys
from collections.abc import Callable, Mapping

from sandbox.child import close_all_but, confine
from sandbox.fork_server import forbid_inspection
from sandbox.limits import LIMITS

_NOBODY = 65534
_PTRACE_SEIZE = 0x4206
_PR_SET_DUMPABLE = 4
_LIBC = ctypes.CDLL(None, use_errno=True)
_SECRET = ctypes.create_string_buffer(b"credentials of the role")


class _Part(ctypes.Structure):
    _fields_ = (("address", ctypes.c_void_p), ("length", ctypes.c_size_t))


def _checked(result: int) -> object:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def _read_memory(process: int) -> object:
    found = ctypes.create_string_buffer(len(_SECRET))
    here, there = (_Part(ctypes.addressof(part), len(_SECRET)) for part in (found, _SECRET))
    return _checked(_LIBC.process_vm_readv(process, ctypes.byref(here), 1, ctypes.byref(there), 1, 0))


def _attempts(function: int) -> Mapping[str, Callable[[], object]]:
    return {
        "open a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "write a file": lambda: os.open("/tmp/left-by-a-script", os.O_CREAT | os.O_WRONLY),  # noqa: S108
        "open a socket": socket.socket,
        "make a pipe": os.pipe,
        "raise the limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
        "fork": lambda: os.fork() or os._exit(0),
        "read the function's environment": lambda: os.open(f"/proc/{function}/environ", os.O_RDONLY),
        "read the function's memory": lambda: _read_memory(function),
        "trace the function": lambda: _checked(_LIBC.ptrace(_PTRACE_SEIZE, function, 0, 0)),
    }


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, ValueError):
        return "refused"
    return "done"


def main(*, is_confined: bool) -> None:
    """Fork a child, confined as the sandbox does it or not, and print what came of its attempts."""
    if os.getuid() == 0:
        # As on Lambda; limits and walls don't hold root.
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    _LIBC.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    if is_confined:
        forbid_inspection()
    function = os.getpid()
    results, to_function = os.pipe()
    if os.fork() == 0:
        if is_confined:
            close_all_but(to_function)
            confine(LIMITS)
        outcomes = {name: _outcome(attempt) for name, attempt in _attempts(function).items()}
        os.write(to_function, json.dumps(outcomes).encode())
        os._exit(0)
    sys.stdout.write(os.read(results, 65_536).decode())


if __name__ == "__main__":
    main(is_confined=sys.argv[1] == "confined")
