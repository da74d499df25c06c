"""Does a command print what its page shows? What differs from run to run counts as equal."""

import re

# Moments, ids, secrets and addresses differ from run to run, as do widths of columns.
_DIFFERS = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"sbk_[a-z2-7]{16}_[a-z2-7]{52}|sbk_(…|\.\.\.)|sbk_[a-z2-7]{16}_(…|\.\.\.)", "<key>"),
    (r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(\.\d+)?( UTC|Z|\+00:00)?)?", "<moment>"),
    (r"https?://[\w.:-]+(/_aws/execute-api/[\w-]+/\$default)?", "<address>"),
    (r"\b[0-9a-f]{24}\b", "<id>"),
    (r"\b[a-z2-7]{16}\b", "<id>"),
    (r"\b1[789]\d{11}\b|\b1[789]\d{8}\b", "<epoch>"),
    (r"\(\d+(\.\d+)? s\)", "(<seconds>)"),
    (r"\bin \d+ s\b", "in <seconds>"),
    (r'"[\w-]{22,}"', '"<id>"'),
    (r"[ \t]+", " "),
)
_LEFT_OUT = "..."
# What the user answered stands in the page, but is not printed by a program that reads it from a pipe.
_QUESTION = re.compile(
    r"^.*(\[y/N\]|, or Enter to keep (it|them)|Login of the API user|^Password): .*$", re.MULTILINE
)
# Nor is the question, where the answer is not shown to anybody.
_HIDDEN = re.compile(r"^Password: .*\n", re.MULTILINE)


def answers_in(shown: str) -> list[str]:
    """Return what is answered to a command's questions, as its page shows it."""
    return [question[0].rpartition(": ")[2] for question in _QUESTION.finditer(shown)]


def _without_answers(shown: str) -> str:
    shown = _HIDDEN.sub("", shown)
    return _QUESTION.sub(lambda question: question[0].rpartition(": ")[0] + ":", shown)


def plain(text: str) -> str:
    """Return a text without what differs from run to run."""
    for pattern, instead in _DIFFERS:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def is_as_shown(printed: str, shown: str) -> bool:
    """Tell whether a command printed what its page shows.

    Args:
        printed: What it printed.
        shown: What the page shows; nothing allows anything. A line `...` stands for any lines, and lines may
            be broken anywhere.
    """
    parts = [
        re.escape(_joined(part))
        for part in re.split(rf"(?m)^{re.escape(_LEFT_OUT)}$", plain(_without_answers(shown)))
    ]
    return not shown.strip() or re.fullmatch(".*".join(parts), _joined(plain(printed)), re.DOTALL) is not None


def _joined(text: str) -> str:
    return re.sub(r"\s+", "", text)
