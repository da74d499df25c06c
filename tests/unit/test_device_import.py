"""Reading the rows of an import of devices."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.management.device_import import COLUMNS, read_csv
from sigbridge.errors import InvalidInput

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
CELLS = st.dictionaries(st.sampled_from(COLUMNS), TEXTS)


@given(rows=st.lists(CELLS, max_size=6), delimiter=st.sampled_from(",;"), columns=st.permutations(COLUMNS))
def test_what_a_csv_writer_wrote_is_read(
    rows: list[dict[str, str]], delimiter: str, columns: list[str]
) -> None:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, columns, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)

    read = read_csv(written.getvalue())

    cells = [{name: cell.strip() for name, cell in row.items() if cell.strip()} for row in rows]
    assert [(row.place, row.content) for row in read] == [
        (f"row {number}", content) for number, content in enumerate(cells, start=1) if content
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_is_no_csv_is_refused(text: str) -> None:
    for header in ("", "id,name\n", "id;tags\n"):
        try:
            rows = read_csv(header + text)
        except InvalidInput:
            continue
        assert all(row.place.startswith("row ") for row in rows)
