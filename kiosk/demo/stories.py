"""Four people at the kiosk of a town hall, and the steward afterwards.

They answer the demonstration consultation `democratie-courte` of the catalogue.
"""

from typing import Any

from kiosk.demo.hands import Hands, Story
from kiosk.demo.people import (
    MARKED_WORDS,
    MEDIATOR,
    MEDIATOR_PIN,
    STEWARD,
    STEWARD_PIN,
)
from kiosk.journey import Stage
from kiosk.language import tr

SHORT_PATIENCE = 2.0  # seconds, so that nobody has to watch an empty chair for two minutes
SHORT_GRACE = 4.0


def evening(hands: Hands, tell: Any) -> Story:
    """Everybody who comes while the server is down."""
    yield from resident_in_french(hands, tell)
    yield from resident_in_arabic(hands, tell)
    yield from person_with_a_mediator(hands, tell)
    yield from somebody_who_walks_away(hands, tell)


def resident_in_french(hands: Hands, tell: Any) -> Story:
    """Alone, in French: larger text, one step back, a look at everything, and sent."""
    tell("A resident touches the screen and answers in French, alone.")
    yield from hands.see("welcome")
    yield from hands.begin()
    yield from hands.see("language")
    yield from hands.touch("Français")
    yield from hands.see("notice-fr")
    yield from _say(hands, "Je commence")
    yield from hands.see("question-1-range")
    yield from hands.touch("4")
    yield from hands.see("question-1-answered")
    tell("  changes the size of the text, and back to what suits")
    yield from _say(hands, "Taille du texte")
    yield from hands.see("larger-text")
    while hands.kiosk.text_step != 1:
        yield from _say(hands, "Taille du texte")
    yield from _say(hands, "Suivant")
    yield from hands.see("question-2-choice")
    yield from hands.touch("Non")
    yield from _say(hands, "Suivant")
    tell("  goes back once, to see the answer before")
    yield from _say(hands, "Retour")
    yield from hands.see("back-once")
    yield from _say(hands, "Suivant")
    tell("  is asked for an answer that the form requires")
    yield from _say(hands, "Suivant")
    yield from hands.see("answer-required")
    yield from hands.touch("Une bonne chose")
    yield from _say(hands, "Suivant")
    yield from hands.see("question-4-text")
    yield from hands.type("Moins de cumul, plus de présence.")
    yield from hands.see("keyboard-fr")
    yield from hands.touch(tr._("Fini"))
    yield from hands.see("question-4-answered")
    yield from _say(hands, "Suivant")
    yield from hands.touch("Oui")
    yield from _say(hands, "Suivant")
    yield from hands.touch("Les élus de la région")
    yield from hands.touch("Les élus du département")
    yield from hands.see("question-6-several")
    yield from _say(hands, "Suivant")
    yield from hands.touch("Non")
    yield from _say(hands, "Suivant")
    for theme in (
        "La démocratie et la citoyenneté",
        "La transition écologique",
        "L’organisation de l’État et des services publics",
    ):
        yield from hands.touch(theme)
    yield from hands.see("question-8-rank")
    yield from _say(hands, "Suivant")
    yield from hands.type(f"Les motos, {MARKED_WORDS}.")
    yield from hands.touch(tr._("Fini"))
    yield from hands.see("question-9-text")
    yield from _say(hands, "Suivant")
    yield from _say(hands, "Je passe")
    yield from hands.see("review")
    yield from _say(hands, "C’est bon")
    yield from hands.see("confirm")
    yield from _say(hands, "J’envoie")
    yield from hands.see("receipt")
    tell(f"  gets a receipt: {hands.kiosk.journey.receipt.code}")
    yield from _say(hands, "J’ai fini")


def resident_in_arabic(hands: Hands, tell: Any) -> Story:
    """Alone, in Arabic: the screen is mirrored."""
    tell("A second resident answers in Arabic; the screen is mirrored.")
    yield from _start(hands)
    yield from hands.touch("العربية")
    yield from hands.see("notice-ar")
    yield from _say(hands, "Je commence")
    yield from hands.touch("8")
    yield from hands.see("question-1-ar")
    yield from _say(hands, "Suivant")
    yield from hands.touch("نعم")
    yield from hands.see("question-2-ar")
    yield from _say(hands, "Suivant")
    yield from hands.type("الجمعيات")
    yield from hands.see("keyboard-ar")
    yield from hands.touch(tr._("Fini"))
    yield from _say(hands, "Suivant")
    yield from hands.touch("لا أعرف")
    yield from _say(hands, "Suivant")
    yield from _skip_to_review(hands)
    yield from hands.see("review-ar")
    yield from _send(hands, "receipt-ar")
    yield from _say(hands, "J’ai fini")


def person_with_a_mediator(hands: Hands, tell: Any) -> Story:
    """With a mediator: agreement, read-back, how much help."""
    tell(f"{MEDIATOR}, a mediator, signs in with a PIN and assists a third person.")
    yield from _say(hands, "Réservé à l’équipe")
    yield from hands.touch(MEDIATOR)
    for digit in MEDIATOR_PIN:
        yield from hands.touch(digit)
    yield from hands.see("mediator-signs-in")
    yield from _say(hands, "Valider")
    yield from hands.see("mediator")
    yield from _say(hands, "Nouvelle personne")
    yield from hands.touch("Français")
    yield from hands.see("agreement")
    yield from _say(hands, "La personne accepte")
    yield from hands.touch("6")
    yield from hands.see("assisted-question")
    yield from _say(hands, "Suivant")
    yield from hands.touch("Oui")
    yield from _say(hands, "Suivant")
    yield from hands.type("Les associations de quartier.")
    yield from hands.touch(tr._("Fini"))
    yield from _say(hands, "Avec mes mots")
    yield from hands.see("assisted-own-words")
    yield from _say(hands, "Suivant")
    yield from hands.touch("Je ne sais pas")
    yield from _say(hands, "Suivant")
    yield from _skip_to_review(hands)
    yield from hands.see("read-back")
    yield from _say(hands, "La personne dit oui")
    yield from hands.touch(tr._("Lire les questions"))
    yield from hands.touch(tr._("Trouver les mots"))
    yield from hands.see("help-given")
    yield from _say(hands, "Suivant")
    yield from _say(hands, "J’envoie")
    yield from hands.see("assisted-receipt")
    yield from _say(hands, "J’ai fini")
    yield from _say(hands, "Quitter")


def somebody_who_walks_away(hands: Hands, tell: Any) -> Story:
    """Half-way through, somebody leaves: the screen asks, counts down, and erases itself."""
    tell("A fourth begins, and walks away in the middle.")
    idle = hands.kiosk.idle
    usual = idle.patience, idle.grace
    yield from _start(hands)
    yield from hands.touch("English")
    yield from _say(hands, "Je commence")
    yield from hands.touch("9")
    yield from _say(hands, "Suivant")
    yield from hands.touch("Yes")
    yield from hands.see("somebody-leaves")
    idle.patience, idle.grace = SHORT_PATIENCE, SHORT_GRACE
    idle.touched()  # on a slow machine the picture alone took longer than both
    yield from hands.until(
        lambda: hands.kiosk.asks_whether_there or hands.kiosk.journey.stage is Stage.WELCOME
    )
    if hands.kiosk.asks_whether_there:  # a machine that stood still for seconds has not asked
        yield from hands.see("still-there")
    yield from hands.until(lambda: hands.kiosk.journey.stage is Stage.WELCOME)
    idle.patience, idle.grace = usual
    yield from hands.see("erased")
    tell("  the screen asked, counted down, and erased everything")


def morning(hands: Hands, tell: Any, server_up: Any) -> Story:
    """The kiosk was killed and started again; the steward looks, and the server comes up."""
    yield from hands.see("started-again")
    yield from _say(hands, "Réservé à l’équipe")
    yield from hands.touch(STEWARD)
    for digit in STEWARD_PIN:
        yield from hands.touch(digit)
    yield from _say(hands, "Valider")
    yield from hands.see("steward-before")
    state = hands.kiosk.counter.state
    tell(f"{STEWARD}, the steward, sees {state().waiting} contributions wait.")
    server_up()
    yield from _say(hands, "Envoyer maintenant")
    yield from hands.until(lambda: state().waiting == 0)
    yield from hands.pause(1.2)
    yield from hands.see("steward-after")
    tell(f"  and then {state().released} received by the server, none waiting.")
    yield from _say(hands, "Quitter")


def _say(hands: Hands, french: str) -> Story:
    """Touch what the interface calls this, in the language that is spoken now."""
    yield from hands.touch(tr._(french))


def _start(hands: Hands) -> Story:
    yield from hands.until(lambda: hands.kiosk.journey.stage is Stage.WELCOME)
    yield from hands.pause(0.2)
    yield from hands.begin()


def _skip_to_review(hands: Hands) -> Story:
    while hands.kiosk.journey.stage is Stage.QUESTION:
        yield from _say(hands, "Je passe")
        yield from hands.pause(0.1)


def _send(hands: Hands, picture: str) -> Story:
    yield from _say(hands, "C’est bon")
    yield from _say(hands, "J’envoie")
    yield from hands.see(picture)
