"""Publish a consultation: a form, a notice and the organiser's keys make a signed package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from forms.catalogue import consultations as catalogue
from forms.catalogue import find
from forms.xform import Form, read_form
from forms.xform.texts import language_code
from forms.xlsform import compile_form
from sync import consultation as packages
from sync.consultation import Consultation, Options, Traceability
from sync.desk.notice import NoticeFile, read_notice
from sync.dictionary import form_dictionary
from sync.errors import SyncError
from sync.keys import KeyDirectory, RecipientPublic
from sync.padding import Padding

PUBLISHED = "published"
"""Where in KEYDIR the desk keeps what it published: dictionaries are needed to open."""

_NO_NOTICE = NoticeFile({}, {}, {}, 0)
_LANGUAGE_UNKNOWN = "und"  # BCP 47: undetermined


class BadForm(SyncError):
    """The form named on the command line cannot be found or read."""


class BadOption(SyncError):
    """An option is unknown, or its value is not one it can have."""


@dataclass(frozen=True)
class Publication:
    """What the organiser says beside the form and the notice; empty where they say nothing.

    Attributes:
        title: instead of the notice's or the form's.
        organiser: instead of the notice's.
        version: None for one more than the last one published with these keys.
        opens: the first day.
        closes: the last day.
        options: by name, as `read_options` knows them.
        guarantors: recipients beside the organiser.
    """

    title: str = ""
    organiser: str = ""
    version: int | None = None
    opens: date | None = None
    closes: date | None = None
    options: Mapping[str, str] | None = None
    guarantors: Sequence[RecipientPublic] = ()


def publish(
    form: str, keys: KeyDirectory, notice: Path | None = None, said: Publication | None = None
) -> tuple[Consultation, tuple[str, ...]]:
    """Make the signed package, and keep a copy of it beside the keys.

    Args:
        form: the path of an XLSForm or XForm, or a name of the catalogue.
        keys: the organiser's.
        notice: a notice's path; for a form of the catalogue, its own if None.
        said: what else the organiser says.

    Returns:
        The consultation with its package as `data`, and warnings about the form.

    Raises:
        BadForm, FormError: the form is not there, or wrong; every problem is named.
        BadNotice, BadOption, MalformedPackage: what else is wrong.
    """
    said = said or Publication()
    path, notice = _found(form, notice)
    xml, media, warnings = _compiled(path)
    read = read_form(xml)
    told = read_notice(notice) if notice else _NO_NOTICE
    public = keys.organiser.public_key().public_bytes_raw()
    options = read_options(said.options or {}, Options(minutes=told.minutes))
    draft = Consultation(
        organiser=said.organiser or next(iter(told.organiser.values()), keys.recipient.label),
        organiser_key=public,
        version=said.version or 1,
        title=_title(said, told, read),
        notice=told.notice,
        form_id=read.form_id,
        form_version=read.version,
        form=xml,
        recipients=(keys.recipient.public, *said.guarantors),
        opens=said.opens,
        closes=said.closes,
        media={one.name: one.read_bytes() for one in media},
        dictionary=form_dictionary(
            read.dictionary_material(),
            form_id=read.form_id,
            form_version=read.version,
            form_hash=read.hash.hex(),
            languages=_answered_in(read, told),
        ),
        options=options,
    )
    if said.version is None:
        draft = replace(draft, version=_last_version(keys, draft.id) + 1)
    published = packages.publish(draft, keys.organiser)
    folder = keys.path / PUBLISHED
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f"{published.id}-v{published.version}.parvis").write_bytes(published.data)
    return published, warnings


def own_packages(keys: KeyDirectory) -> tuple[Consultation, ...]:
    """What was published with these keys on this machine."""
    folder = keys.path / PUBLISHED
    return tuple(packages.read(path.read_bytes()) for path in sorted(folder.glob("*.parvis")))


def read_options(given: Mapping[str, str], usual: Options) -> Options:
    """Options by name: traceability, padding, idle_seconds, minutes, modes.

    Raises:
        BadOption: there is no such option, or not with this value.
    """
    options = usual
    for name, value in given.items():
        try:
            match name:
                case "traceability":
                    options = replace(options, traceability=Traceability(value))
                case "padding":
                    options = replace(options, padding=Padding(value))
                case "idle_seconds":
                    options = replace(options, idle_seconds=int(value))
                case "minutes":
                    options = replace(options, minutes=int(value))
                case "modes":
                    options = replace(options, modes=tuple(value.replace(",", " ").split()))
                case _:
                    raise BadOption(
                        f"There is no option “{name}”; there are: traceability, padding, "
                        "idle_seconds, minutes, modes."
                    )
        except ValueError:
            raise BadOption(f"The option “{name}” cannot be “{value}”.") from None
    return options


def _found(form: str, notice: Path | None) -> tuple[Path, Path | None]:
    """The form's path, and the notice's if there is one."""
    path = Path(form)
    if path.is_file():
        return path, notice
    if path.suffix or len(path.parts) > 1:
        names = ", ".join(entry.name for entry in catalogue())
        raise BadForm(
            f"There is no file {form}. Give a form's path, or a name of the catalogue: {names}."
        )
    entry = find(form)
    return entry.form, notice or entry.notice


def _compiled(path: Path) -> tuple[bytes, tuple[Path, ...], tuple[str, ...]]:
    if path.suffix.lower() == ".xml":
        return path.read_bytes(), (), ()
    compiled = compile_form(path)
    return compiled.xml, compiled.media, compiled.warnings


def _title(said: Publication, told: NoticeFile, form: Form) -> dict[str, str]:
    if told.title and not said.title:
        return dict(told.title)
    tags = [language_code(language) for language in form.languages] or [_LANGUAGE_UNKNOWN]
    return dict.fromkeys(tags, said.title or form.title or form.form_id)


def _answered_in(form: Form, told: NoticeFile) -> list[str]:
    """The languages that people will answer in, as far as can be known; for compression only."""
    tags = [language_code(language) for language in form.languages]
    default = language_code(form.default_language)
    return sorted(tags, key=lambda tag: tag != default) or list(told.notice) or ["fr"]


def _last_version(keys: KeyDirectory, id_: str) -> int:
    return max((one.version for one in own_packages(keys) if one.id == id_), default=0)
