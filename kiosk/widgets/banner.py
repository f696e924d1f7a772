"""On an upright panel, its upper third: who asks, and what; nothing there has to be touched."""

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.kv import load_beside


class Banner(BoxLayout):
    """Fills what is above a wheelchair user's reach, and can be read from across the hall."""

    organiser = StringProperty()
    title = StringProperty()


load_beside(__file__)
