"""What was measured, brought together: the least of everything, and what is out of bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def report_of(scenes: list[dict[str, Any]]) -> dict[str, Any]:
    """The least of everything by size, what is out of bounds, and which screens are long."""
    sizes: dict[str, Any] = {}
    for scene in scenes:
        of_size = sizes.setdefault(scene["size"], {"pictures": 0, "scenes": 0, "least": {}})
        of_size["pictures"] += len(scene["pictures"])
        of_size["scenes"] += 1
        for what, found in scene["least"].items():
            known = of_size["least"].get(what)
            if known is None or found["number"] < known["number"]:
                of_size["least"][what] = _placed(scene, found)
    return {
        "bounds": bounds(),
        "sizes": sizes,
        "screens": sorted({scene["screen"] for scene in scenes}),
        "answers": sorted({one for scene in scenes for one in scene["answers"]}),
        "beyond": list(_beyond(scenes)),
        "longer_than_the_screen_at_default_text": sorted(
            {
                f"{scene['size']} {scene['language']} {scene['scene']}"
                for scene in scenes
                if "default" in scene["long"]
            }
        ),
    }


def bounds() -> dict[str, str]:
    """What each measure means and has to reach; in a process that has no window."""
    return {
        "target": "smallest side of what can be touched, mm, at least 12.7",
        "gap": "between two things to touch, mm, at least 2.6",
        "key": "height of a key of the on-screen keyboard, mm, at least 10",
        "letters": "height of capitals, mm, at least 3.5",
        "contrast": "of words, from pixels, at least 10",
        "high contrast": "of words in both high-contrast palettes, from pixels, at least 20",
        "icon": "contrast of icons, from pixels, at least 3",
        "reach": "upright panel: mm of a thing that lie in the lower two thirds, at least 12.7",
        "cut": "pixels of words not drawn, or of a button beside its page or the window, at most 1",
        "overlap": "pixels by which two texts, or a text and a button, cover each other, at most 1",
        "outside": "pixels of a thing to touch beyond the window, at most 1",
        "speechless": "things that take the focus and say nothing, none",
    }


def _beyond(scenes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What is out of bounds, each thing once for each size and language, the worst of it."""
    worst: dict[tuple[str, ...], dict[str, Any]] = {}
    for scene in scenes:
        for found in scene["beyond"]:
            key = (scene["size"], scene["language"], scene["scene"], found["what"], found["widget"])
            far = abs(found["number"] - found["bound"])
            known = worst.get(key)
            if known is None:
                worst[key] = _placed(scene, found) | {"times": 1}
            else:
                times = known["times"] + 1
                if far > abs(known["number"] - known["bound"]):
                    worst[key] = known = _placed(scene, found)
                known["times"] = times
    yield from worst.values()


def _placed(scene: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    return {key: scene[key] for key in ("size", "language", "scene", "screen")} | found
