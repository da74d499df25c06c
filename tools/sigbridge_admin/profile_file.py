"""The file with the user's profiles: where stacks are, and with which key or AWS credentials to use them."""

import os
import tempfile
from pathlib import Path

import typer
from pydantic import BaseModel, ValidationError

from sigbridge_admin.failures import AdminError

_PRIVATE_DIRECTORY = 0o700


class Profile(BaseModel):
    """One stack and how to use it; what is None is as without a profile.

    Attributes:
        url: Address of its API.
        key: A key for it.
        stack, table, region, aws_profile: For commands with AWS credentials.
    """

    url: str | None = None
    key: str | None = None
    stack: str | None = None
    table: str | None = None
    region: str | None = None
    aws_profile: str | None = None


class Profiles(BaseModel):
    """All profiles.

    Attributes:
        in_use: Name of the one that is used where none is chosen.
        profiles: By their names.
    """

    in_use: str | None = None
    profiles: dict[str, Profile] = {}

    def find(self, name: str) -> Profile:
        """Find a profile.

        Raises:
            AdminError: There is none of this name.
        """
        if name not in self.profiles:
            known = ", ".join(sorted(self.profiles))
            hint = f"choose from {known}" if known else f"`sigbridge profiles add {name}` adds it"
            message = f"There is no profile '{name}': {hint}"
            raise AdminError(message)
        return self.profiles[name]


def read_profiles() -> Profiles:
    """Read the user's profiles; none where there is no file.

    Raises:
        AdminError: The file can't be read.
    """
    file = _file()
    try:
        return Profiles.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return Profiles()
    except OSError as failure:
        message = f"{file} can't be read: {failure.strerror}"
        raise AdminError(message) from failure
    except ValidationError as unreadable:
        message = f"{file} can't be read as profiles: correct it, or delete it and add them again"
        raise AdminError(message) from unreadable


def write_profiles(profiles: Profiles) -> None:
    """Write the user's profiles, into a file that only they can read.

    Raises:
        AdminError: The file can't be written.
    """
    file = _file()
    try:
        file.parent.mkdir(_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        # Made private by mkstemp before anything is in it.
        descriptor, written = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(descriptor, "w") as content:
            content.write(profiles.model_dump_json(indent=2, exclude_none=True) + "\n")
        Path(written).replace(file)
    except OSError as failure:
        message = f"{file} can't be written: {failure.strerror}"
        raise AdminError(message) from failure


def _file() -> Path:
    return Path(typer.get_app_dir("sigbridge")) / "profiles.json"
