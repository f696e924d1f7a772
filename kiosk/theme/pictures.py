"""Pictures that come with a form, as textures."""

from collections.abc import Mapping
from functools import lru_cache

from kivy.graphics.texture import Texture

_KNOWN = frozenset({"png", "jpg", "jpeg", "bmp", "gif", "webp"})


def picture_of(files: Mapping[str, bytes], name: str) -> Texture | None:
    """The picture of that name; None where there is none, or none that can be shown."""
    content = files.get(name) if name else None
    kind = name.rpartition(".")[2].lower()
    return _decoded(content) if content and kind in _KNOWN else None


@lru_cache(64)  # what the form brings, and nothing that a person gave
def _decoded(content: bytes) -> Texture | None:
    return texture_of_picture(content)


def texture_of_picture(content: bytes) -> Texture | None:
    """A picture as a texture, remembered nowhere; None where it is none that can be shown."""
    from kiosk.decoding import decoded  # whose library takes its time to load

    picture = decoded(content)
    if picture is None:
        return None
    texture: Texture = Texture.create(size=picture.size, colorfmt="rgba", mipmap=True)
    texture.blit_buffer(picture.tobytes(), colorfmt="rgba", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


def fitted(picture: Texture | None, room: tuple[float, float]) -> tuple[float, float]:
    """The size of a picture that fills a room as far as its proportions let it."""
    if picture is None or not picture.width or not picture.height:
        return (0.0, 0.0)
    scale = min(room[0] / picture.width, room[1] / picture.height)
    return (picture.width * scale, picture.height * scale)
