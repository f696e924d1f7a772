"""kv knows widgets by their names alone: two of one name would take each other's place."""

from collections import Counter
from importlib import import_module
from pkgutil import walk_packages

from kivy.uix.widget import Widget

import kiosk
from tests.kiosk import driver as driver  # isort: split  it sets what Kivy reads


def test_no_two_widgets_have_the_same_name():
    for module in walk_packages(kiosk.__path__, "kiosk."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    ours, left = set(), [Widget]
    while left:
        for kind in left.pop().__subclasses__():
            left.append(kind)
            if kind.__module__.startswith("kiosk."):
                ours.add((kind.__name__, kind.__module__))
    twice = [name for name, count in Counter(name for name, _ in ours).items() if count > 1]
    assert ours and not twice
