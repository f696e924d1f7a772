"""Something said in parts, as a day or an hour: each part for itself, until all are said.

Nothing is answered for the person. "More" or "less" on an empty part proposes where to begin, and
the person confirms it, or steps on from there; parts that were not touched stay empty.
"""

from collections.abc import Sequence
from typing import Any

from kivy.properties import StringProperty

from kiosk.language import tr
from kiosk.pause import pause
from kiosk.theme.theme import theme
from kiosk.widgets.stepper import Stepper, StepperRow
from kiosk.widgets.words import Words


class PartSteps(StepperRow):
    """Steppers, one for each part; what they say together is an answer once they all do.

    Attributes:
        said: the whole as the form writes it; "" while it is not whole. Set from outside, its
            parts are as it says.

    Events:
        on_whole: The person has made it whole, or another, or no longer whole.
        on_shown: Its parts are shown as they are now.
    """

    said = StringProperty()

    __events__ = ("on_whole", "on_shown")

    def __init__(self, steppers: Sequence[tuple[int, Stepper]], said: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts: dict[int, int] = {}
        self.proposed: dict[int, int] = {}
        shown = {}
        for place, stepper in steppers:
            stepper.bind(on_step=lambda _, by, place=place: self.move(place, by))
            stepper.bind(on_write=lambda _, place=place: self.write(place))
            stepper.bind(on_keep=lambda _, place=place: self.keep(place))
            shown[place] = stepper
            self.add_widget(stepper)
        self.places = tuple(sorted(shown))
        self.steppers = tuple(shown[place] for place in self.places)
        self.bind(said=lambda *_: self._take_apart())
        self.said = said
        self.show()

    def on_whole(self, said: str) -> None:
        """It is whole, or no longer."""

    def on_shown(self) -> None:
        """Its parts are shown as they are now."""

    # --- what a kind of these knows -----------------------------------------------------------

    def parts_of(self, said: str) -> dict[int, int]:
        """The parts of something whole."""
        raise NotImplementedError

    def whole_of(self, parts: dict[int, int]) -> str:
        """What all its parts say together; "" where there is no such thing."""
        raise NotImplementedError

    def beginning(self, place: int) -> int:
        """What to propose for a part of which nothing was said."""
        raise NotImplementedError

    def stepped(self, place: int, number: int, by: int) -> int:
        """That part alone, so many steps further."""
        raise NotImplementedError

    def moved_whole(self, place: int, by: int) -> str:
        """What is whole already, with that part so many steps further."""
        raise NotImplementedError

    def shown_part(self, place: int, number: int) -> str:
        """That part in words."""
        raise NotImplementedError

    def impossible(self) -> str:
        """What is wrong where all parts were said, and there is no such thing."""
        return ""

    def write(self, place: int) -> None:
        """Ask for that part directly."""
        raise NotImplementedError

    # --- what the person does -----------------------------------------------------------------

    def move(self, place: int, by: int) -> None:
        """A step on in this part; where nothing was said of it, propose where to begin."""
        if self.said:
            self.take(self.moved_whole(place, by))
        elif place in self.parts:
            self._say(place, self.stepped(place, self.parts[place], by))
        elif place in self.proposed:
            self._say(place, self.stepped(place, self.proposed[place], by))
        else:
            self.proposed[place] = self.beginning(place)
            pause.changed()  # the second touch of a hand that trembles takes no proposal
            self.show()

    def keep(self, place: int) -> None:
        """The person confirms what was proposed for this part."""
        if place in self.proposed:
            self._say(place, self.proposed[place])

    def take(self, said: str) -> None:
        """All of it at once."""
        if said != self.said:
            self.said = said
            self.dispatch("on_whole", said)

    def clear(self) -> None:
        """Nothing is said any more."""
        self.said = ""
        self.parts, self.proposed = {}, {}
        self.show()

    @property
    def begun(self) -> bool:
        """Whether anything is there, be it said or proposed."""
        return bool(self.parts or self.proposed)

    @property
    def unfinished(self) -> str:
        """What is still to be done for it to be an answer; "" also where nothing was begun."""
        return lacking(self)

    @property
    def missing(self) -> str:
        """What is still to be done for it to be whole; "" where it is."""
        if self.said:
            return ""
        for place, stepper in zip(self.places, self.steppers, strict=True):
            if place in self.proposed:
                shown = self.shown_part(place, self.proposed[place])
                return str(tr._("Touchez « {value} » pour confirmer.").format(value=shown))
            if place not in self.parts:
                return str(tr._("Il manque encore : {what}").format(what=stepper.caption))
        return self.impossible()

    def show(self) -> None:
        """Tell each part."""
        for place, stepper in zip(self.places, self.steppers, strict=True):
            number = self.parts.get(place, self.proposed.get(place))
            stepper.value = "" if number is None else self.shown_part(place, number)
            stepper.proposed = place in self.proposed and place not in self.parts
        self.dispatch("on_shown")

    def _say(self, place: int, number: int) -> None:
        self.proposed.pop(place, None)
        parts = {**self.parts, place: number}
        self.parts = parts
        whole = self.whole_of(parts) if len(parts) == len(self.places) else ""
        before, self.said = self.said, whole
        self.parts = parts  # also where they are no longer whole
        self.show()
        if whole != before:
            self.dispatch("on_whole", whole)

    def _take_apart(self) -> None:
        self.parts = self.parts_of(self.said) if self.said else {}
        self.proposed = {}
        self.show()


def lacking(*together: PartSteps) -> str:
    """As `PartSteps.unfinished`, of things that are one answer together."""
    if not any(one.begun for one in together):
        return ""
    return next((one.missing for one in together if one.missing), "")


class Lacking(Words):
    """Says what of them is still to be done; no words, no room."""

    def __init__(self, *of: PartSteps) -> None:
        super().__init__(text="", font_size=theme.small, size_hint_y=None)
        self._of = of
        theme.bind(small=self._sized)  # weakly: a setter would be held, and with it what was said
        self.bind(texture_size=self._fit, text=self._fit)
        for one in of:
            one.bind(on_shown=self._tell)
        self._tell()

    def _tell(self, *_: Any) -> None:
        self.text = lacking(*self._of)

    def _sized(self, *_: Any) -> None:
        self.font_size = theme.small

    def _fit(self, *_: Any) -> None:
        self.height = self.texture_size[1] if self.text else 0
