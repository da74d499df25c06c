"""What a mistyped word was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches

# "nom" finds "name", and "colour" finds nothing.
_LIKENESS = 0.55


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return the question whether another word was meant, to go after a sentence; "" where none is near."""
    nearest = get_close_matches(word, list(choices), n=1, cutoff=_LIKENESS)
    return f'. Did you mean "{nearest[0]}"?' if nearest else ""
