"""Where an import is, and that it goes round in no circle for ever."""

from hypothesis import given
from hypothesis import strategies as st

from sigbridge.provisioning.import_place import ImportPlace


def test_a_place_is_read_as_it_was_written() -> None:
    place = ImportPlace("/devices/?offset=100", pages=3, landmark="/devices/?offset=2")

    assert ImportPlace.read(place.as_cursor()) == place
    assert ImportPlace.read(None) == ImportPlace()


@given(st.lists(st.none() | st.integers(0, 19), min_size=20, max_size=20))
def test_pages_end_or_a_circle_is_found(next_of: list[int | None]) -> None:
    place, page = ImportPlace(), 0
    passed = [page]
    for _ in range(5 * len(next_of)):
        following = next_of[page]
        if following is None:
            assert len(set(passed)) == len(passed)
            return
        if str(following) == place.landmark:
            assert following in passed
            return
        place = place.following(str(following))
        page = following
        passed.append(page)
    raise AssertionError(passed)
