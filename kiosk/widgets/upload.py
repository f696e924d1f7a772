"""Questions answered with a picture, a voice or a file: in whichever way this device can.

A way that needs what the device lacks is absent, and another is offered: to draw, to write, to
speak. A person can always choose another way themselves; what was given stays until they give
something else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from forms.engine import Kind, Step
from kiosk.attachments import JPEG, OGG, PNG, TEXT, WAV, WEBM, Attachments, Making
from kiosk.devices.equipment import Equipment
from kiosk.language import tr
from kiosk.widgets.answer import Answer, Setting

NOTHING = Equipment()


@dataclass(frozen=True)
class Means:
    """One way to answer.

    Attributes:
        module: in `kiosk.widgets`.
        widget: its class there.
        icon: on its card.
        words: on its card, in the person's language.
        makes: the media types of what it gives.
    """

    module: str
    widget: str
    icon: str
    words: Callable[[], str]
    makes: tuple[str, ...]


MEANS = {
    "draw": Means("drawing", "DrawingAnswer", "pencil-line", lambda: tr._("Dessiner"), (PNG,)),
    "film": Means("film", "FilmAnswer", "video-camera", lambda: tr._("Filmer"), (WEBM,)),
    "photo": Means("photo", "PhotoAnswer", "camera", lambda: tr._("Prendre une photo"), (JPEG,)),
    "speak": Means("voice", "VoiceAnswer", "microphone", lambda: tr._("Parler"), (OGG, WAV)),
    "write": Means("writing", "WritingAnswer", "keyboard", lambda: tr._("Écrire"), (TEXT,)),
}
MENU = "menu"

_DRAWN = frozenset({"draw", "signature", "annotate"})
_USUAL = {
    Kind.IMAGE: ("photo", "draw", "write"),
    Kind.AUDIO: ("speak", "write", "draw"),
    Kind.VIDEO: ("film", "photo", "speak", "write", "draw"),
    Kind.FILE: ("photo", "film", "speak", "write", "draw"),
}
_NATURAL = {Kind.IMAGE: "photo", Kind.AUDIO: "speak", Kind.VIDEO: "film"}


def ways_here(step: Step, equipment: Equipment) -> tuple[str, ...]:
    """The ways in which this question can be answered on this device, the best first."""
    able = {
        "draw": True,
        "write": True,
        "speak": equipment.recorder is not None,
        "photo": equipment.camera is not None,
        "film": equipment.camera is not None,
    }
    usual = ("draw", "write") if _DRAWN & step.appearance else _USUAL[step.kind]
    return tuple(way for way in usual if able.get(way))


def way_now(step: Step, value: str, setting: Setting) -> str:
    """How the question is answered at the moment: as chosen, as already done, or as it asks."""
    attachments, equipment = attachments_of(setting), equipment_of(setting)
    ways = ways_here(step, equipment)
    chosen = attachments.ways.get(step.ref)
    if chosen:
        return chosen
    made = attachments.media_type(value)
    for way in ways:
        if made in MEANS[way].makes:
            return way
    natural = "draw" if _DRAWN & step.appearance else _NATURAL.get(step.kind, "")
    return natural if natural in ways else MENU


def upload(step: Step, value: str, setting: Setting) -> Answer:
    """The widget for a question of this family."""
    way = way_now(step, value, setting)
    if way == MENU:
        from kiosk.widgets.ways import WaysMenu

        return WaysMenu(step, value, setting)
    means = MEANS[way]
    widget = getattr(import_module(f"kiosk.widgets.{means.module}"), means.widget)
    answer: Answer = widget(step, value, setting)
    return answer


class Uploaded(Answer):
    """Base of the answers that are attachments."""

    @property
    def attachments(self) -> Attachments:
        """Where they are held."""
        return attachments_of(self.setting)

    @property
    def equipment(self) -> Equipment:
        """What the device can do."""
        return equipment_of(self.setting)

    def keep(
        self,
        content: bytes | Callable[[], bytes],
        media_type: str,
        making: Making | None = None,
    ) -> None:
        """Take this as the answer, instead of what was given before."""
        attachments = self.attachments
        self.give(
            attachments.keep(self.step.ref, content, media_type, making, instead_of=self.value)
        )

    def erase(self) -> None:
        """Let go of what was given."""
        self.attachments.drop(self.value)
        self.give("")

    def choose_another_way(self) -> None:
        """Show all ways that there are."""
        take_way(self.step, MENU, self.setting)


def take_way(step: Step, way: str, setting: Setting) -> None:
    """Answer the question in this way from now on."""
    attachments_of(setting).ways[step.ref] = way
    if setting.kiosk is not None:
        setting.kiosk.page.answer_anew(step.ref)


def attachments_of(setting: Setting) -> Attachments:
    """Where a question's attachments are held."""
    kiosk = setting.kiosk
    attachments: Attachments = setting.apart if kiosk is None else kiosk.journey.attachments
    return attachments


def equipment_of(setting: Setting) -> Equipment:
    """What the device can do."""
    kiosk = setting.kiosk
    equipment: Equipment = NOTHING if kiosk is None else kiosk.equipment
    return equipment


def pixels_wanted(step: Step, usual: int) -> int:
    """The longest side of a picture: as the form asks ("max-pixels"), and no more than usual."""
    told = (text for name, text in step.attributes.items() if name.endswith("max-pixels"))
    most = next(told, "")
    return min(usual, int(most)) if most.isdigit() and int(most) > 0 else usual


def describe_attachment(step: Step, value: str, attachments: Attachments | None) -> str:
    """What was given, in a few words."""
    if attachments is None or value not in attachments:
        return value.rpartition("/")[2]
    match attachments.media_type(value):
        case media_type if media_type in (OGG, WAV):
            seconds = max(1, round(attachments.making(value).seconds))
            return tr.plural(
                "Un enregistrement de {n} seconde", "Un enregistrement de {n} secondes", seconds
            )
        case media_type if media_type == WEBM:
            seconds = max(1, round(attachments.making(value).seconds))
            return tr.plural("Une vidéo de {n} seconde", "Une vidéo de {n} secondes", seconds)
        case media_type if media_type == JPEG:
            return tr._("Une photo")
        case media_type if media_type == TEXT:
            return attachments[value].content.decode()
    return tr._("Votre signature") if "signature" in step.appearance else tr._("Un dessin")
