"""What stands around an answer: the question, what is wrong with it, in whose words it is."""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from forms.engine import MOST_REPEATS, Kind, Outcome, Section, Step, Verdict
from kiosk.access.bounds import bounds_in_words
from kiosk.access.spoken import label_of as label_of
from kiosk.access.spoken import question_of as question_of
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.way import Way
from kiosk.widgets.touch import Row, Tap


class Trouble(Row):
    """What the form has against an answer; nothing where it has nothing."""

    text = StringProperty()


class Mark(Tap):
    """One of two small choices beside an answer."""

    text = StringProperty()
    taken = BooleanProperty(False)


class Wording(Row):
    """A mediator says whose words an open answer is in."""

    reworded = BooleanProperty(False)

    __events__ = ("on_choice",)

    def choose(self, mine: bool) -> None:
        """The mediator touched one of the two."""
        self.reworded = mine
        self.dispatch("on_choice", mine)

    def on_choice(self, mine: bool) -> None:
        """It is in the mediator's words, or in the person's."""


class QuestionWords(BoxLayout):
    """A question among others: what is wrong with its answer, its label, its hint."""

    question = StringProperty()
    hint = StringProperty()
    trouble = StringProperty()
    plain = BooleanProperty(False)  # tells, and asks nothing
    alone = BooleanProperty(False)  # the only question of its page


class SkipList(Row):
    """Passes over a whole list, for who has nothing to tell of."""

    skips = BooleanProperty(False)

    __events__ = ("on_release",)

    def on_release(self) -> None:
        """The person has nothing to tell of."""


def objection(verdict: Verdict, step: Step | None = None) -> str:
    """What the form has against an answer, in its own words or in ours.

    Where a list is empty, no words of the form's author help.
    """
    if step is not None and verdict.outcome is Outcome.REQUIRED and lacks_choices(step):
        return tr._("Il n’y a rien à choisir ici. Changez une réponse d’avant.")
    if verdict.outcome is Outcome.TOO_MANY:
        return tr._("Donnez un nombre plus petit : au plus {n}.").format(n=tr.number(MOST_REPEATS))
    if verdict.message:
        return verdict.message
    if step is not None and (step.kind is Kind.NOTE or step.readonly):
        return tr._("Pour continuer, changez une réponse d’avant.")
    if verdict.outcome is Outcome.REQUIRED:
        return tr._("Répondez à cette question pour continuer, s’il vous plaît.")
    if verdict.limits is not None:
        return bounds_in_words(verdict.limits, step)
    return tr._("Cette réponse n’est pas possible ici. Essayez-en une autre.")


def lacks_choices(step: Step) -> bool:
    """Whether it asks to choose, and there is nothing to choose from."""
    return step.kind.chooses and not step.choices


def name_of(section: Section) -> str:
    """The name of a group, or of one of several alike things, with its number."""
    if not section.repeat:
        return section.label
    number = tr._("n° {n}").format(n=section.position)
    return f"{section.label} · {number}" if section.label else number


def whereabouts(way: Way) -> str:
    """The groups that a stop stands in, and which of several alike things it is about."""
    totals = {section.ref: total for section, total in way.number()}
    parts = []
    for section in way.stop.items[0].within:
        if section.ref == way.ref and not section.repeat:
            continue  # the title of the page
        if section.label and (not theme.compact or section.repeat):
            parts.append(section.label)
        if section.ref in totals:
            of = totals[section.ref]
            words = tr._("{n} sur {total}") if of else tr._("n° {n}")
            parts.append(words.format(n=section.position, total=of))
    return " · ".join(parts)


load_beside(__file__)
