"""Pictures that come with a form, as textures."""

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO

from kivy.core.image import Image
from kivy.graphics.texture import Texture

_KNOWN = frozenset({"png", "jpg", "jpeg", "bmp", "gif", "webp"})


def picture_of(files: Mapping[str, bytes], name: str) -> Texture | None:
    """The picture of that name; None where there is none, or none that can be shown."""
    content = files.get(name) if name else None
    kind = name.rpartition(".")[2].lower()
    return _decoded(content, kind) if content and kind in _KNOWN else None


@lru_cache(64)  # what the form brings, and nothing that a person gave
def _decoded(content: bytes, kind: str) -> Texture | None:
    try:
        texture: Texture = Image(BytesIO(content), ext=kind, mipmap=True).texture
    except Exception:  # noqa: BLE001 - whatever a decoder raises: a file that is no such picture
        return None
    return texture


def fitted(picture: Texture | None, room: tuple[float, float]) -> tuple[float, float]:
    """The size of a picture that fills a room as far as its proportions let it."""
    if picture is None or not picture.width or not picture.height:
        return (0.0, 0.0)
    scale = min(room[0] / picture.width, room[1] / picture.height)
    return (picture.width * scale, picture.height * scale)
