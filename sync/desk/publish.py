"""Publish a consultation: a form, a notice and the organiser's keys make a signed package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from forms.beside import Beside, find_media
from forms.catalogue import consultations as catalogue
from forms.catalogue import find
from forms.changed import changed_words
from forms.compiled_review import review_file
from forms.errors import FormErrors
from forms.language_codes import language_code
from forms.list_files import files_of
from forms.notices import notice_beside
from forms.xform import Form, read_form
from forms.xlsform import compile_form
from sync import consultation as packages
from sync.consultation import Consultation, Options, Traceability
from sync.contribution import Mode
from sync.desk.lengths import MOST, least_length
from sync.desk.notice import NoticeFile, read_notice
from sync.dictionary import form_dictionary
from sync.errors import BadKey, SyncError
from sync.key_directory import KeyDirectory
from sync.keys import RecipientPublic, grouped_digits
from sync.padding import Padding

PUBLISHED = "published"
"""Where in KEYDIR the desk keeps what it published: dictionaries are needed to open."""

_PACKAGE_MAGIC = b"PARVISC"
_MODES = frozenset(mode.value for mode in Mode)
_IDLE_SECONDS = range(10, 3601)
_MINUTES = range(0, 1001)
_LEAST = range(0, MOST + 1)
_NO_NOTICE = NoticeFile({}, {}, {}, 0)
_MEANT_BEFORE = (
    "Who answered before meant the earlier words. Where the meaning is another, give the choice or"
    " question another name."
)
_MAY_BE = {
    "traceability": f"it is one of {', '.join(one.value for one in Traceability)}",
    "padding": f"it is one of {', '.join(one.value for one in Padding)}",
    "least": f"it is a number of bytes from {_LEAST[0]} to {_LEAST[-1]}",
    "idle_seconds": f"it is a number from {_IDLE_SECONDS[0]} to {_IDLE_SECONDS[-1]}",
    "minutes": f"it is a number from {_MINUTES[0]} to {_MINUTES[-1]}",
    "modes": f"it is some of {', '.join(sorted(_MODES))}, with commas between",
}
_LANGUAGE_UNKNOWN = "und"  # BCP 47: undetermined


class BadForm(SyncError):
    """The form named on the command line cannot be found or read."""


class NoNotice(SyncError):
    """A consultation would go out without a word of who asks, and why."""


class NotAPackage(SyncError):
    """A file that is something else would be overwritten."""


class PublishedAlready(SyncError):
    """The version would stand in the place of another, or behind it."""


class DamagedCopy(SyncError):
    """The desk's copy of a published package cannot be read."""


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
        without_notice: whether people may be asked without being told who asks, and why.
        readers: the keys by which they ask the server, as far as they are known.
        former_keys_until: the last day on which what is sealed to keys of an older version is
            taken; None for thirty days.
        stolen: recipient keys, as `KeyDirectory.find` names them, that nothing is taken for any
            more.
    """

    title: str = ""
    organiser: str = ""
    version: int | None = None
    opens: date | None = None
    closes: date | None = None
    options: Mapping[str, str] | None = None
    guarantors: Sequence[RecipientPublic] = ()
    without_notice: bool = False
    readers: Sequence[bytes] = ()
    former_keys_until: date | None = None
    stolen: Sequence[str] = ()


def publish(
    form: str, keys: KeyDirectory, notice: Path | None = None, said: Publication | None = None
) -> tuple[Consultation, tuple[str, ...]]:
    """Make the signed package, and keep a copy of it beside the keys.

    Args:
        form: the path of an XLSForm or XForm, or a name of the catalogue.
        keys: the organiser's.
        notice: a notice's path; if None, the one beside the form, as `parvis-forms new` writes it.
        said: what else the organiser says.

    Returns:
        The consultation with its package as `data`, and warnings: about the form, about what
        people are not told, about words that say something else than they did.

    Raises:
        BadForm, FormError: the form or a list of it is not there, or wrong; every problem is
            named.
        NoNotice: there is none, and nobody said that there shall be none.
        BadNotice, BadOption, MalformedPackage: what else is wrong.
        BadKey: the present recipient key was destroyed, or is declared stolen; or no key is the
            one that is.
        PublishedAlready: the version is taken, or a newer one was published.
    """
    said = said or Publication()
    if keys.present_destroyed:
        raise BadKey(
            "The present recipient key was destroyed: nobody could open what is sealed to it. Make "
            "a new one first: parvis-desk keys renew"
        )
    path, notice = _found(form, notice)
    xml, media, warnings = _compiled(path)
    contents = {one.name: one.read_bytes() for one in media}
    for name in files_of(xml).values():
        if name not in contents:
            raise BadForm(
                f"The list {name} is not beside {path.name}: what chooses from it could not be"
                f" answered. Put it there, or in {path.stem}-media."
            )
    read = read_form(xml, media=contents)
    told = read_notice(notice) if notice else _NO_NOTICE
    public = keys.organiser.public_key().public_bytes_raw()
    options = read_options(said.options or {}, Options(minutes=told.minutes))
    answered_in = _answered_in(read, told)
    dictionary = form_dictionary(
        read.dictionary_material(),
        form_id=read.form_id,
        form_version=read.version,
        form_hash=read.hash.hex(),
        languages=answered_in,
    )
    if "least" not in (said.options or {}):
        least = least_length(read, dictionary, answered_in, options.modes)
        options = replace(options, least=least)
    draft = Consultation(
        organiser=said.organiser or next(iter(told.organiser.values()), keys.public.label),
        organiser_key=public,
        version=said.version or 1,
        title=_title(said, told, read),
        notice=told.notice,
        form_id=read.form_id,
        form_version=read.version,
        form=xml,
        recipients=(keys.public, *said.guarantors),
        opens=said.opens or told.opens,
        closes=said.closes or told.closes,
        readers=tuple(one for one in said.readers if one != public),
        media=contents,
        dictionary=dictionary,
        options=options,
        former_keys_until=said.former_keys_until,
    )
    earlier = [one for one in own_packages(keys) if one.id == draft.id]
    draft = replace(draft, withdrawn=_withdrawn(keys, said, draft, earlier))
    if said.version is None:
        draft = replace(draft, version=max((one.version for one in earlier), default=0) + 1)
    if not told.notice and not said.without_notice:
        raise NoNotice(
            f"{path.name} has no notice: people would be told neither who asks, nor why, nor what"
            f" becomes of their answers. Write one ({notice_beside(path).name}, as parvis-forms new"
            " does), name it with --notice, or go on with --without-notice."
        )
    warnings += _untold(draft, told, said) + _otherwise(draft, read, earlier)
    # Read back as a device will read it: what cannot be read must neither be kept nor go out.
    published = packages.read(packages.publish(draft, keys.organiser).data)
    _not_in_the_place_of_another(published, keys)
    folder = keys.path / PUBLISHED
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / f"{published.id}-v{published.version}.parvis"
    part = kept.with_suffix(".part")
    part.write_bytes(published.data)
    part.replace(kept)
    return published, warnings


def _withdrawn(
    keys: KeyDirectory, said: Publication, draft: Consultation, earlier: Sequence[Consultation]
) -> tuple[bytes, ...]:
    """The recipient keys of this consultation that nothing is taken for any more.

    What one version has withdrawn stays so. A guarantor's key may be stolen, too.

    Raises:
        BadKey: the version would be sealed to one of them; or there is no such key.
    """
    used = {one.id: one for old in earlier for one in old.recipients}
    gone = {one for old in earlier for one in old.withdrawn}
    gone |= {one.key_id for one in keys.destroyed if one.key_id in used}
    for wanted in said.stolen:
        asked = "".join(wanted.split()).lower()
        named = [id_ for id_ in used if asked in (id_.hex(), grouped_digits(id_).replace(" ", ""))]
        gone.update(named or [keys.find(wanted).id])
    for one in draft.recipients:
        if one.id in gone:
            raise BadKey(
                f"The key {grouped_digits(one.id)} was destroyed or stolen, and this version would "
                "be sealed to it. Make a new one first: parvis-desk keys renew (a guarantor "
                "makes their own, and sends its recipient.pub)."
            )
    return tuple(sorted(gone))


def own_packages(keys: KeyDirectory) -> tuple[Consultation, ...]:
    """What was published with these keys on this machine.

    Raises:
        DamagedCopy: one of the packages cannot be read any more; the message names it.
    """
    return tuple(_kept(path) for path in sorted((keys.path / PUBLISHED).glob("*.parvis")))


def _not_in_the_place_of_another(published: Consultation, keys: KeyDirectory) -> None:
    """Refuse a version that was published already with another content, or a newer one of it.

    Raises:
        PublishedAlready: the version is taken.
    """
    for one in own_packages(keys):
        if one.id != published.id or one.data == published.data:
            continue
        if one.version == published.version:
            raise PublishedAlready(
                f"Version {one.version} was published already, with another content: what was "
                "sealed under it needs its copy in the key directory. Leave --version out, for the "
                "next one."
            )
        if one.version > published.version:
            raise PublishedAlready(
                f"Version {one.version} was published already: servers and devices take no version "
                f"{published.version} any more. Leave --version out, for the next one."
            )


def check_writable(out: Path) -> None:
    """Refuse to put a package in the place of something else: a form, a key.

    Raises:
        NotAPackage: there is a file of that name, and it is no package; or there is no folder.
    """
    if not out.parent.is_dir():
        raise NotAPackage(f"{out} cannot be written: there is no folder {out.parent}.")
    if not out.exists():
        return
    with out.open("rb") as file:
        beginning = file.read(len(_PACKAGE_MAGIC))
    if beginning and beginning != _PACKAGE_MAGIC:
        raise NotAPackage(
            f"{out} is there already, and is no consultation package: it is left as it is. Name "
            "another file with --out."
        )


def _kept(path: Path) -> Consultation:
    try:
        return packages.read(path.read_bytes())
    except SyncError as error:
        raise DamagedCopy(
            f"{path} cannot be read: {error} It is the desk's copy of what was published; put the "
            "published package in its place, or move it away."
        ) from None


def read_options(given: Mapping[str, str], usual: Options) -> Options:
    """Options by name: traceability, padding, least, idle_seconds, minutes, modes.

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
                case "least":
                    options = replace(options, least=_number(value, _LEAST))
                case "idle_seconds":
                    options = replace(options, idle_seconds=_number(value, _IDLE_SECONDS))
                case "minutes":
                    options = replace(options, minutes=_number(value, _MINUTES))
                case "modes":
                    options = replace(options, modes=_modes(value))
                case _:
                    raise BadOption(
                        f"There is no option “{name}”; there are: traceability, padding, "
                        "least, idle_seconds, minutes, modes."
                    )
        except ValueError:
            may_be = _MAY_BE[name]
            raise BadOption(f"The option “{name}” cannot be “{value}”: {may_be}.") from None
    return options


def _number(value: str, within: range) -> int:
    if int(value) not in within:
        raise ValueError
    return int(value)


def _modes(value: str) -> tuple[str, ...]:
    modes = tuple(dict.fromkeys(value.replace(",", " ").split()))
    if not modes or not _MODES.issuperset(modes):
        raise ValueError
    return modes


def _found(form: str, notice: Path | None) -> tuple[Path, Path | None]:
    """The form's path, and the notice's if there is one."""
    path = Path(form)
    if path.is_file():
        beside = notice_beside(path)
        return path, notice or (beside if beside.is_file() else None)
    if path.suffix or len(path.parts) > 1:
        names = ", ".join(entry.name for entry in catalogue())
        raise BadForm(
            f"There is no file {form}. Give a form's path, or a name of the catalogue: {names}."
        )
    entry = find(form)
    return entry.form, notice or entry.notice


def _compiled(path: Path) -> tuple[bytes, tuple[Path, ...], tuple[str, ...]]:
    if path.suffix.lower() == ".xml":
        read = read_form(path.read_bytes(), media=Beside(path))
        wrong, told = review_file(path, read)
        if wrong:
            raise FormErrors(wrong)
        found, _ = find_media(read, path)
        return path.read_bytes(), found, tuple(map(str, told))
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


def _untold(draft: Consultation, told: NoticeFile, said: Publication) -> tuple[str, ...]:
    """What people are not told of a consultation, as sentences."""
    found = []
    if not said.organiser and not told.organiser:
        named = f" It is called “{draft.organiser}”, as its keys are." if draft.organiser else ""
        found.append(f"No organiser is named, by the notice or by --organiser.{named}")
    if draft.closes is None:
        found.append("No closing day is named, by the notice or by --closes: it stays open.")
    return tuple(found)


def _otherwise(draft: Consultation, read: Form, earlier: Sequence[Consultation]) -> tuple[str, ...]:
    """Words that say something else than in the version before, as sentences."""
    older = [one for one in earlier if one.version < draft.version]
    if not older:
        return ()
    before = max(older, key=lambda one: one.version)
    changed = changed_words(read_form(before.form, media=before.media), read)
    if not changed:
        return ()
    count = "One label says" if len(changed) == 1 else f"{len(changed)} labels say"
    first = f"CHANGED MEANING: {count} something else than in version {before.version}."
    return (first, *(f"  {one}" for one in changed), _MEANT_BEFORE)
