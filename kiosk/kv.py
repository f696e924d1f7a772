"""Loads the .kv file of the same name beside a module, once."""

from pathlib import Path

from kivy.lang import Builder


def load_beside(module_file: str) -> None:
    """Load `name.kv` for `name.py`; meant for the top of a module: `load_beside(__file__)`."""
    path = str(Path(module_file).with_suffix(".kv"))
    if path not in Builder.files:
        Builder.load_file(path)
