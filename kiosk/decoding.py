"""Pictures as people and authors send them, decoded: upright, and not larger than can be seen."""

from io import BytesIO

from PIL import Image, ImageOps

LARGEST = 2048
"""Pixels on the longer side: more cannot be seen, and fills the memory of a small machine."""


def decoded(content: bytes) -> Image.Image | None:
    """A picture in red, green, blue and alpha, as its camera held it; None where it is none."""
    try:
        with Image.open(BytesIO(content)) as opened:
            opened.draft("RGB", (LARGEST, LARGEST))
            opened.thumbnail((LARGEST, LARGEST))
            return ImageOps.exif_transpose(opened).convert("RGBA")
    except Exception:  # noqa: BLE001 - whatever a decoder raises: a file that is no such picture
        return None


def on_white(content: bytes) -> Image.Image | None:
    """The same as if it were printed on white paper."""
    picture = decoded(content)
    if picture is None:
        return None
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    return paper.convert("RGB")
