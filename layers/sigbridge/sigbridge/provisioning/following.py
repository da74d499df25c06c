"""What of ours follows Sigfox: what nobody here chose (docs/decisions/0054)."""


def followed[T](ours: T, before: T | None, now: T | None) -> T:
    """Return what a field of ours is to be.

    It follows Sigfox while it says nothing, or what Sigfox said before; what differs was chosen here. Where
    Sigfox says nothing now, it stays.

    Args:
        ours: What it is; None or "" where it says nothing.
        before: What Sigfox said at the import before; None or "" for nothing.
        now: What Sigfox says.
    """
    says_nothing = ours is None or ours == ""
    if now is None or now == "":
        return ours
    return now if says_nothing or ours == before else ours
