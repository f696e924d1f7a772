"""A drawing or a photo, small, as the review shows it."""

from io import BytesIO
from typing import Any

from kivy.core.image import Image as Picture
from kivy.properties import ObjectProperty
from kivy.uix.widget import Widget

from kiosk.attachments import JPEG, PNG, Attachments
from kiosk.devices.camera import Frame
from kiosk.kv import load_beside
from kiosk.strokes import Drawing

_WIDTH = 240  # pixels


class Thumbnail(Widget):
    """Shows `texture`, as wide as its shape wants; no place at all without one."""

    texture = ObjectProperty(None, allownone=True)


def thumbnail(name: str, attachments: Attachments) -> Any:
    """A small picture of this attachment as a texture; None where it is no picture of ours."""
    origin = attachments.making(name).origin
    if isinstance(origin, Drawing) and attachments.media_type(name) == PNG:
        content, ending = origin.png(_WIDTH), "png"
    elif isinstance(origin, Frame) and attachments.media_type(name) == JPEG:
        content, ending = origin.jpeg(_WIDTH), "jpg"
    else:
        return None
    return Picture(BytesIO(content), ext=ending, nocache=True).texture


load_beside(__file__)
