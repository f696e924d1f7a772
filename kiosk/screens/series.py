"""Several alike things, told one after the other: the list, and one more."""

from collections.abc import Sequence
from functools import partial

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from forms.engine import Kind, Section, Step
from forms.errors import FormError
from kiosk.attachments import Attachments
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.widgets import paged as paged  # its kv rule draws with it
from kiosk.widgets.asking_page import AskingPage
from kiosk.widgets.kinds import describe
from kiosk.widgets.touch import Row

SHOWN = 3  # answers that tell one from another
LONGEST = 60  # characters of each


class SeriesLine(Row):
    """One of them: what was said, the way to change it and the way to take it away."""

    number = StringProperty()
    text = StringProperty()
    removable = BooleanProperty(True)
    change = ObjectProperty(None)
    remove = ObjectProperty(None)


class SeriesScreen(AskingPage):
    """The list of a repeat's instances; people add to it until they are done."""

    heading = StringProperty()
    advice = StringProperty()
    trouble = StringProperty()
    add_text = StringProperty()
    may_add = BooleanProperty(True)
    may_restore = BooleanProperty(False)

    def enter(self) -> None:
        """Show the list as it stands."""
        journey = self.kiosk.journey
        self.say_where()
        series = journey.way.series
        self.heading = series.label or tr._("Votre liste")
        self.may_add = series.may_add
        self.next_text = tr._("C’est tout") if series.instances else tr._("Rien à ajouter")
        self.next_primary = bool(series.instances)
        self.add_text = tr._("Ajouter") if not series.instances else tr._("Ajouter encore")
        self.advice = (
            tr._("Voici votre liste. Vous pouvez ajouter, changer, enlever.")
            if series.instances
            else tr._("Votre liste est vide.")
        )
        self.trouble = ""
        self.may_restore = journey.way.may_restore
        self._list(series.instances)

    def forget(self) -> None:
        """Let go of the list."""
        self.ids.lines.clear_widgets()
        self.heading = self.group = self.trouble = ""

    def say(self) -> str:
        """What is on the list."""
        lines = reversed(self.ids.lines.children)
        said = [self.trouble, self.heading, self.advice]
        return ". ".join(part for part in (*said, *(f"{o.number} {o.text}" for o in lines)) if part)

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard, the form's words in the form's language."""
        said: list[Part] = [Speech(self.trouble, tr.language), Speech(self.heading, tr.asked)]
        said.append(Speech(self.advice, tr.language))
        for line in reversed(self.ids.lines.children):
            said.append(Speech(f"{line.number}. {line.text}", tr.asked))
        return said

    def add(self) -> None:
        """One more."""
        try:
            self.kiosk.journey.add()
        except FormError:
            self.show_trouble(tr._("La liste est pleine. On ne peut plus rien ajouter."))
            return
        self.kiosk.show()

    def restore(self) -> None:
        """Bring back what was taken away."""
        self.kiosk.journey.way.restore()
        self.enter()

    def show_trouble(self, message: str) -> None:
        """What stands against going on."""
        self.trouble = message
        self.kiosk.ear.say_words(message)

    def _list(self, instances: tuple[Section, ...]) -> None:
        self.ids.lines.clear_widgets()
        entry = self.kiosk.journey.entry
        steps = self.kiosk.journey.steps() if instances else ()
        for section in instances:
            self.ids.lines.add_widget(
                SeriesLine(
                    number=str(section.position),
                    text=summary(section, steps, self.kiosk.journey.attachments)
                    or tr._("Pas de réponse"),
                    removable=entry.may_remove(section.ref),
                    change=partial(self._change, section.ref),
                    remove=partial(self._remove, section.ref),
                )
            )

    def _change(self, instance: str) -> None:
        self.kiosk.journey.edit(instance)
        self.kiosk.show()

    def _remove(self, instance: str) -> None:
        self.kiosk.journey.way.remove(instance)
        self.enter()


def summary(
    section: Section, steps: tuple[Step, ...], attachments: Attachments | None = None
) -> str:
    """The first answers of one of several, in words: what tells it from the others."""
    said = []
    for step in steps:
        if step.ref.startswith(f"{section.ref}/") and step.kind is not Kind.NOTE:
            words = " ".join(describe(step, step.value or step.words, attachments).split())
            if words:
                said.append(words if len(words) <= LONGEST else words[: LONGEST - 1] + "…")
        if len(said) == SHOWN:
            break
    return " · ".join(said)


load_beside(__file__)
