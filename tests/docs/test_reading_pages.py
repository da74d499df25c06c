"""How commands and outputs are read from pages, and compared."""

from pathlib import Path

import pytest

from tests.docs.pages import Step, steps_of
from tests.docs.shown import is_as_shown

PAGE = """\
Text with `$ no command`.

```console
$ one
first line
$ two --option \\
    value
$ three '{
  "in": "quotes"
}'
second line

third line
```

```sh
not-run
```

1. In a list:

   ```console
   $ four  # isn't a quote
     indented
   ```
"""


def test_commands_and_their_outputs_are_read(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)

    assert steps_of(page) == [
        Step("page.md:4", "one", "first line"),
        Step("page.md:6", "two --option \\\n    value", ""),
        Step("page.md:8", 'three \'{\n  "in": "quotes"\n}\'', "second line\n\nthird line"),
        Step("page.md:23", "four  # isn't a quote", "  indented"),
    ]


KEY = "sbk_" + "a" * 16 + "_" + "b" * 52


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("anything", ""),
        ("a  b", "a b"),
        ("id    name\n1A2B  -", "id  name\n1A2B  -"),
        ('{"a":1,"b":2}', '{"a":1,\n "b":2}'),
        ("first\nsecond\nthird", "first\n...\nthird"),
        ("first\nsecond", "...\nsecond"),
        (f"Key created:\n\n  {KEY}", "Key created:\n\n  sbk_…"),
        ("2027-01-31 23:59 UTC", "2026-11-22 10:00 UTC"),
        ('{"at":"2027-01-31T23:59:59.999Z"}', '{"at":"2026-11-22T10:00:00.000Z"}'),
        ("http://127.0.0.1:4566/_aws/execute-api/ab12/$default/docs", "https://a1b2c3d4e5.example.com/docs"),
        ('{"time": 1795316581}', '{"time": 1795316641}'),
        ("✓ sam build (7.9 s)", "✓ sam build (12.4 s)"),
        ("\x1b[32m✓\x1b[0m done", "✓ done"),
        ("Delete it? [y/N]: deleted", "Delete it? [y/N]: y\ndeleted"),
    ],
)
def test_what_differs_from_run_to_run_counts_as_equal(printed: str, shown: str) -> None:
    assert is_as_shown(printed, shown)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("", "something"),
        ("something else", "something"),
        ("300", "301"),
        ("sent", "failed"),
        ('{"accepted":1}', '{"accepted":2}'),
        ("first\nthird", "first\n...\nsecond"),
        ("error: no such device", "Device added"),
    ],
)
def test_everything_else_does_not(printed: str, shown: str) -> None:
    assert not is_as_shown(printed, shown)
