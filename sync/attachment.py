"""A picture, a recording or another file that belongs to a contribution."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attachment:
    """One file, whole, in memory.

    Attributes:
        name: what the answer that it belongs to holds.
        content: its bytes.
        media_type: as "image/png".
    """

    name: str
    content: bytes = field(repr=False)
    media_type: str
