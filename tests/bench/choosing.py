"""How long a letter takes in a list of 20,000 choices, until what fits is on the cards.

    python -m tests.bench.choosing

Limit: a frame at 60 a second, 16.7 ms. Drawing is apart. Real widgets, off screen.
"""

import json
from datetime import date
from random import Random
from statistics import median
from time import perf_counter

from forms.engine import Choice, Kind, Step
from kiosk.finding import Finder
from kiosk.theme.theme import Panel, theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.search import Searched
from tests.kiosk import driver  # isort: split  it sets what Kivy reads when it is imported

CHOICES = 20_000
TYPED = ("saint martin", "châteauneuf", "la roche", "e", "ville sur", "montreuil", "zzz")
PARTS = (
    *("saint", "mar", "tin", "bourg", "ville", "sur", "mont", "champ", "château", "neuf"),
    *("la", "roche", "é", "treuil", "les", "eaux", "œu", "illy"),
)


def names() -> list[str]:
    """Names like those of communes, the same each time."""
    random = Random(1)
    return [
        "-".join(
            "".join(random.choices(PARTS, k=random.randint(1, 3))).capitalize()
            for _ in range(random.randint(1, 4))
        )
        for _ in range(CHOICES)
    ]


def main() -> None:
    """Measure and print."""
    labels = names()
    choices = tuple(Choice(f"c{at}", label, {}, {}) for at, label in enumerate(labels))
    nothing: tuple[str, ...] = ()
    step = Step(
        *("/data/q", Kind.SELECT_ONE, "Quelle commune ?", "", "", {}, False, False, ""),
        *(frozenset(), {}, choices, None, "", nothing, ""),
    )
    driver.resize(driver.MIDDLE)
    theme.fit(Panel(1280, 800, driver.MIDDLE.diagonal))
    answer = Searched(step, "", Setting(date(2026, 11, 21)))
    driver.show(answer)
    answer.room = 500
    driver.frames(3)
    begin = perf_counter()
    finder = Finder(labels)
    ready = perf_counter() - begin
    finding, whole = [], []
    for text in TYPED:
        answer.field.erase()
        for end in range(1, len(text) + 1):
            begin = perf_counter()
            finder.find(text[:end])
            finding.append(perf_counter() - begin)
            begin = perf_counter()
            answer.field.insert(text[end - 1])
            answer.results.cards  # noqa: B018 - asking for them fills them
            whole.append(perf_counter() - begin)
            driver.frames(1)
    figures = {
        "choices": CHOICES,
        "make_ready_ms": ready * 1000,
        "find_median_ms": median(finding) * 1000,
        "find_worst_ms": max(finding) * 1000,
        "letter_to_cards_median_ms": median(whole) * 1000,
        "letter_to_cards_worst_ms": max(whole) * 1000,
        "cards_made": len(answer.results._cards),
        "limit_ms": 1000 / 60,
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
