"""Where what is not code is: beside the packages, or inside when installed."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
ASSETS = _PACKAGE / "assets" if (_PACKAGE / "assets").is_dir() else _PACKAGE.parent / "assets"
