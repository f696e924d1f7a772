"""One screen, one .py and one .kv of the same name."""

# The parts that the screens' kv rules name.
from kiosk.widgets import cards as cards
from kiosk.widgets import paged as paged
