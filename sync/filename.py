"""Names of files that others chose, and that are to be written on a disk here."""

LONGEST_NAME = 200
"""Bytes in UTF-8."""

_REFUSED = frozenset('/\\:*?"<>|')


def is_plain_name(name: str) -> bool:
    """Whether this is the name of one file in any folder: it leads nowhere else, and is seen."""
    return (
        bool(name)
        and not name.startswith(".")
        and not _REFUSED & set(name)
        and name.isprintable()
        and len(name.encode()) <= LONGEST_NAME
    )
