"""Where things are in the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
EVENTS = ROOT / "events"

# Another folder makes room for a second stack beside the first: the tests' beside yours.
LOCAL = Path(os.environ.get("SIGBRIDGE_LOCAL") or ROOT / ".local").resolve()
STACK_FILE = LOCAL / "stack.json"
IDENTITY_FILE = LOCAL / "identity.json"
EMULATOR_FILE = LOCAL / "emulator.json"
EMULATOR_LOG = LOCAL / "emulator.log"
SIGFOX_FILE = LOCAL / "sigfox.json"
SIGFOX_LOG = LOCAL / "sigfox.log"


def shown(path: Path) -> str:
    """A path as a person at the repository's root would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
