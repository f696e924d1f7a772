from kiosk.theme.palette import CALM, PALETTES
from kiosk.theme.theme import theme


def test_every_palette_can_be_worn_while_widgets_listen():
    seen = []
    theme.bind(accent=lambda _, colour: seen.append(colour))
    for _ in PALETTES:
        theme.next_palette()
    assert theme.palette == CALM.name
    assert len(seen) == len(PALETTES)
