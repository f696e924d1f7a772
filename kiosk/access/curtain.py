"""The curtain: somebody goes by ear alone, and nobody else shall read over their shoulder."""

from typing import Any

from kivy.lang import Builder
from kivy.properties import StringProperty
from kivy.uix.anchorlayout import AnchorLayout

from kiosk.widgets import touch as touch  # its kv rule draws with words and icons

Builder.load_string("""
#:import theme kiosk.theme.theme.theme
#:import tr kiosk.language.tr

<Curtain>:
    padding: theme.margin * 2
    canvas.before:
        Color:
            rgba: theme.paper
        Rectangle:
            pos: self.pos
            size: self.size
    BoxLayout:
        orientation: 'vertical'
        size_hint_y: None
        height: self.minimum_height
        spacing: theme.gap * 1.5
        Sign:
            name: 'ear'
            font_size: theme.mm(16)
            color: theme.mark
            pos_hint: {'center_x': .5}
        Words:
            text: root.title
            bold: True
            halign: 'center'
            font_size: theme.heading
        Words:
            text: root.text
            halign: 'center'
            font_size: theme.lesser if theme.cramped else theme.body
            color: theme.quiet
""")


class Curtain(AnchorLayout):
    """Covers everything and feels every finger, so that nothing below can be touched unseen."""

    title = StringProperty()
    text = StringProperty()

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below is touched."""
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Nothing below is touched."""
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Nothing below is touched."""
        return True
