"""Files that a row names: found beside its table, and attached."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from forms.xform.controls import Kind
from kiosk.paper.errors import BadRow
from sync.attachment import LARGEST_ATTACHMENT, Attachment
from sync.filename import is_plain_name

_BESIDE = "media"
"""Where `parvis-desk export` puts files, and spreadsheets of other tools as well."""

# What a machine's own table may lack.
_TYPES = {
    **{".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"},
    **{".heic": "image/heic", ".tif": "image/tiff", ".tiff": "image/tiff", ".gif": "image/gif"},
    **{".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav"},
    **{".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".amr": "audio/amr", ".flac": "audio/flac"},
    **{".webm": "video/webm", ".mp4": "video/mp4", ".mov": "video/quicktime", ".3gp": "video/3gpp"},
    **{".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv"},
}
_FAMILIES = {Kind.IMAGE: "image", Kind.AUDIO: "audio", Kind.VIDEO: "video"}


class Files:
    """The files beside one table; each is read once for a row.

    Args:
        folder: where the table lies; None where it has none, and no file can be attached.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def attach(self, kind: Kind, attributes: Mapping[str, str], name: str) -> Attachment:
        """The file that an answer names.

        Args:
            kind: of the question: what sort of file it takes.
            attributes: of the question; `mediatype` says which files it takes.
            name: as typed.

        Raises:
            BadRow: there is no such file, it is too large or empty, or of another sort.
        """
        named = name.strip()
        path = self._find(named)
        if path is None:
            raise BadRow(
                f"there is no file “{named}” beside the table, nor in a folder “{_BESIDE}” there. "
                "Put it there, or leave the cell empty."
            )
        suffix = path.suffix.lower()
        guessed = mimetypes.guess_type(f"x{suffix}")[0] or "application/octet-stream"
        media_type = _TYPES.get(suffix, guessed)
        wanted = attributes.get("mediatype", "")
        family = _FAMILIES.get(kind)
        if not _takes(wanted, media_type, suffix) or (
            family is not None and media_type.partition("/")[0] != family
        ):
            raise BadRow(
                f"“{named}” is {media_type}, and the form asks for {wanted or kind.value}."
            )
        try:
            if path.stat().st_size > LARGEST_ATTACHMENT:
                raise BadRow(f"“{named}” is larger than {LARGEST_ATTACHMENT >> 20} MiB.")
            content = path.read_bytes()
        except OSError as error:
            raise BadRow(f"“{named}” cannot be read: {error.strerror}.") from None
        if not content:
            raise BadRow(f"“{named}” is empty.")
        return Attachment(path.name, content, media_type)

    def _find(self, named: str) -> Path | None:
        inside = PurePosixPath(named.replace("\\", "/"))
        if self._folder is None or inside.is_absolute() or ".." in inside.parts:
            return None
        if not is_plain_name(inside.name):
            return None
        for folder in (self._folder, self._folder / _BESIDE):
            path = folder / inside
            if path.is_file():
                return path
        return None


def _takes(wanted: str, media_type: str, suffix: str) -> bool:
    """Whether a question with such a `mediatype` ("image/*", ".pdf,text/plain") takes a file."""
    ways = [one.strip().lower() for one in wanted.split(",") if one.strip()]
    return not ways or any(
        one in ("*/*", media_type, suffix)
        or (one.endswith("/*") and media_type.startswith(one[:-1]))
        for one in ways
    )
