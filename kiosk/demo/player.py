"""The kiosk's process in the story: the real kiosk, off screen, and a person's hands at it.

    python -m kiosk.demo.player evening|morning --data DIR --pictures DIR --first N

Tells what happens on standard output, a line each; `DONE n` ends the story, and the kiosk goes on
until it is stopped or killed.
"""

import os
import sys
from pathlib import Path
from typing import Any

import click

from kiosk.app import Display
from kiosk.service import serve
from sync.client.background import Rhythm

SIZE = (1280, 800)


@click.command()
@click.argument("scene", type=click.Choice(["evening", "morning"]))
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--pictures", type=click.Path(path_type=Path), required=True)
@click.option("--first", type=int, default=1, help="The number of the first picture.")
def main(scene: str, data: Path, pictures: Path, first: int) -> None:
    """Serve people at DATA's kiosk, and play SCENE there."""

    def tell(line: str) -> None:
        click.echo(line)
        sys.stdout.flush()

    def begin(kiosk: Any) -> None:
        from kiosk.demo import stories
        from kiosk.demo.hands import Hands, play

        hands = Hands(kiosk, pictures, first)

        def wait_for_server() -> None:
            tell("READY")
            sys.stdin.readline()

        if scene == "evening":
            story = stories.evening(hands, tell)
        else:
            story = stories.morning(hands, tell, wait_for_server)

        def ended(error: Exception | None) -> None:
            if error is not None:
                tell(f"FAILED {error}")
                kiosk.export_to_png(str(pictures / "failed.png"))
                os._exit(1)
            tell("DONE")

        play(story, ended)

    serve(
        data,
        Display(size=SIZE, off_screen=True),
        place="Mairie d’Aubeclaire",
        rhythm=Rhythm(settle=1, first=1, longest=5),
        ready=begin,
    )


if __name__ == "__main__":
    main()
