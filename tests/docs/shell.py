"""A shell in which a page's commands follow each other, as a reader's does."""

import re
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.docs.shown import answers_in

_KEY = re.compile(r"sbk_[a-z2-7]{16}_[a-z2-7]{52}")
_KEY_IN_PAGES = re.compile(r"sbk_(?:…|\.\.\.)")


class Shell:
    """One `bash` from the page's first command to its last.

    Attributes:
        key: The last key that was printed: what `sbk_…` means in the commands that follow.
    """

    def __init__(
        self, directory: Path, environment: Mapping[str, str], replacements: Mapping[str, str]
    ) -> None:
        """Start the shell.

        Args:
            directory: Where it begins.
            environment: Its variables.
            replacements: What stands in a page for what readers fill in, with what is filled in here.
        """
        self.key = environment.get("SIGBRIDGE_KEY", "")
        self._replacements = replacements
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],  # noqa: S607
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._bash.stdin
        self._bash.stdin.close()
        self._bash.wait()

    def run(self, command: str, shown: str = "") -> tuple[int, str]:
        """Run a command, with the answers that its page shows, and return its exit code and its output."""
        command = _KEY_IN_PAGES.sub(self.key, self._filled_in(command))
        end = secrets.token_hex(8)
        with tempfile.NamedTemporaryFile("w", suffix=".answers") as answers:
            answered = self._filled_in("\n".join([*answers_in(shown), ""]))
            answers.write(answered.replace("sbk_…", self.key))
            answers.flush()
            assert self._bash.stdin
            self._bash.stdin.write(f"{{ {command}\n}} <{answers.name}\nprintf '\\n%s %s\\n' {end} $?\n")
            output = self._until(end)
        *lines, code = output
        printed = "\n".join(lines)
        self.key = (_KEY.findall(printed) or [self.key])[-1]
        return int(code), printed

    def _filled_in(self, text: str) -> str:
        for placeholder, value in self._replacements.items():
            text = text.replace(placeholder, value)
        return text

    def _until(self, end: str) -> list[str]:
        lines = []
        assert self._bash.stdout
        for line in self._bash.stdout:
            if line.startswith(end):
                return [*lines, line.split()[1]]
            lines.append(line.rstrip("\n"))
        raise AssertionError("The shell ended: " + "\n".join(lines[-5:]))
