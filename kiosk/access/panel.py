"""The small panel behind "Listen": again, slower, faster, quieter, louder, no longer."""

from functools import partial
from typing import Any

from kiosk.access.commands import Command
from kiosk.access.ear import Ear
from kiosk.language import tr
from kiosk.widgets.ask import Option


def open_panel(stage: Any) -> None:
    """Put it over the screen; it stays until it is closed, and says each change as it is now."""
    ear: Ear = stage.ear

    def adjust(command: Command) -> None:
        ear.adjust(command)
        panel.text = _levels(ear)

    def again() -> None:
        stage.dismiss()
        ear.say_screen()

    def no_longer() -> None:
        ear.end()
        stage.dismiss()

    panel = stage.ask(
        tr._("Écouter"),
        _levels(ear),
        [
            Option(tr._("Continuer"), stage.dismiss, icon="check", primary=True),
            Option(tr._("Répéter"), again, icon="arrow-counter-clockwise"),
            Option(tr._("Moins vite"), partial(adjust, Command.SLOWER), icon="caret-right"),
            Option(tr._("Plus vite"), partial(adjust, Command.FASTER), icon="caret-double-right"),
            Option(tr._("Moins fort"), partial(adjust, Command.QUIETER), icon="speaker-low"),
            Option(tr._("Plus fort"), partial(adjust, Command.LOUDER), icon="speaker-high"),
            Option(tr._("Ne plus écouter"), no_longer, icon="speaker-slash"),
        ],
    )


def _levels(ear: Ear) -> str:
    return f"{ear.level(Command.FASTER)} · {ear.level(Command.LOUDER)}"
