"""Links of pages lead somewhere, cited facts are written down, named files are there."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LAYER = PROJECT / "layers" / "sigbridge" / "sigbridge"
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
CODE = sorted(
    path
    for folder in ("layers", "functions", "tools", "tests", "benchmarks")
    for path in (PROJECT / folder).rglob("*.py")
    if path != Path(__file__)
)
REFERENCES = ("sigfox", "the-things-stack", "tagoio")

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`[^`\n]*`")
CITATION = re.compile(
    rf"\b({'|'.join(REFERENCES)}) reference,? (\d[\d.]*(?:(?:, | and | to )\d[\d.]*)*)", re.IGNORECASE
)
CITED_PAGE = re.compile(r"\bdocs/[a-z0-9/_-]+(?:\.(?:md|json))?")
NAMED_FILE = re.compile(r"`([a-z0-9_./]+(?:\.(?:py|md|jsonl|yaml)|/))`")


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = HEADING.findall(FENCED.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[str]:
    text = CODE_SPAN.sub("", FENCED.sub("", page.read_text()))
    return (link for link in LINK.findall(text) if not link.startswith(("http:", "https:", "mailto:")))


def flowing(path: Path) -> str:
    """A file's text, with the line breaks of comments and docstrings taken out."""
    return re.sub(r"\s*\n\s*(?:# ?)?", " ", path.read_text())


@cache
def sections(reference: str) -> set[str]:
    page = PROJECT / "docs" / "reference" / f"{reference}.md"
    return set(re.findall(r"^#+ (\d[\d.]*?)\.? ", page.read_text(), re.MULTILINE))


def test_every_link_of_a_page_leads_somewhere() -> None:
    lost = []
    for page in DOCUMENTS:
        for link in links(page):
            target, _, anchor = link.partition("#")
            file = page if not target else (page.parent / target)
            if not file.exists() or (anchor and anchor not in anchors(file)):
                lost.append(f"{name_of(page)}: {link}")

    assert lost == []


def test_every_cited_fact_is_written_down() -> None:
    lost = []
    for path in [*CODE, *DOCUMENTS]:
        for citation in CITATION.finditer(flowing(path)):
            cited = set(re.findall(r"\d+(?:\.\d+)?", citation[2]))
            if not cited <= sections(citation[1].lower()):
                lost.append(f"{name_of(path)}: {citation[0]}")

    assert lost == []


def test_every_page_that_code_cites_is_there() -> None:
    assert [
        f"{name_of(path)}: {cited}"
        for path in CODE
        for cited in CITED_PAGE.findall(path.read_text())
        if not [*PROJECT.glob(f"{cited.rstrip('/')}*")]
    ] == []


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md", "docs/how-to-add.md"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = NAMED_FILE.findall(FENCED.sub("", (PROJECT / page).read_text()))

    assert named
    assert [
        file
        for file in named
        if not any((root / file).exists() for root in (PROJECT, LAYER, PROJECT / "tests"))
    ] == []


def test_the_readme_is_short() -> None:
    assert len((PROJECT / "README.md").read_text().splitlines()) < 150
