"""Reading the rows of an import of devices."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.management.device_table import COLUMNS, read_device_table
from sigbridge.errors import InvalidInput

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
# Those of several items are read further.
PLAIN = [name for name in COLUMNS if name not in {"tags", "parameters"}]
CELLS = st.dictionaries(st.sampled_from(PLAIN), TEXTS)


@given(rows=st.lists(CELLS, max_size=6), delimiter=st.sampled_from(",;"), columns=st.permutations(PLAIN))
def test_what_a_csv_writer_wrote_is_read(
    rows: list[dict[str, str]], delimiter: str, columns: list[str]
) -> None:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, columns, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)

    read = read_device_table(written.getvalue()).rows

    cells = [{name: cell.strip() for name, cell in row.items() if cell.strip()} for row in rows]
    assert [(row.number, row.content) for row in read] == [
        (number, content) for number, content in enumerate(cells, start=1) if content
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_is_no_csv_is_refused(text: str) -> None:
    for header in ("", "id,name\n", "id;tags\n"):
        try:
            rows = read_device_table(header + text).rows
        except InvalidInput:
            continue
        assert all(row.number > 0 for row in rows)
