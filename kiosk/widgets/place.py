"""Saying where: a point, a way or an area on the map, with a finger or by buttons alone."""

from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from forms.engine import Kind, Step
from kiosk.devices.equipment import Equipment
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.maps.earth import Spot, length, read_spots, written_way
from kiosk.maps.named import Named, named_places
from kiosk.maps.tiles import Tiles, UnreadableMap, map_among
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.cards import ChoiceCard
from kiosk.widgets.map_view import distance_words
from kiosk.widgets.sides import SideBySide
from kiosk.widgets.upload import equipment_of

_CLOSE = 16  # the zoom at which a street can be told from the next
_TOWN = 13
_LEAST = {Kind.GEOPOINT: 1, Kind.GEOTRACE: 2, Kind.GEOSHAPE: 3}


def place(step: Step, value: str, setting: Setting) -> Answer:
    """The widget for a question about a place: a map, or words where nothing is known of any."""
    equipment = equipment_of(setting)
    tiles = tiles_for(setting, equipment)
    named = named_places(setting.files)
    own = equipment.place.spot() if equipment.place else None
    if tiles is None and own is None and not named and not read_spots(value):
        from kiosk.widgets.coordinates import InWords

        return InWords(step, value, setting)
    return PlaceAnswer(step, value, setting, tiles=tiles, named=named, own=own)


_HEAD = 4096  # bytes by which one map is told from another: SQLite counts its changes there
_maps: dict[tuple[int, bytes, bytes], Tiles | None] = {}  # of consultations: opened once


def tiles_for(setting: Setting, equipment: Equipment) -> Tiles | None:
    """The consultation's own map, else the device's."""
    names = [name for name in setting.files if name.lower().endswith(".mbtiles")]
    if not names:
        return equipment.tiles
    content = setting.files[names[0]]
    key = (len(content), content[:_HEAD], content[-_HEAD:])
    if key not in _maps:
        try:
            _maps[key] = map_among(setting.files)
        except UnreadableMap:
            _maps[key] = None
    return _maps[key] or equipment.tiles


class PlaceAnswer(SideBySide):
    """A map, and what helps to choose on it."""

    tiles = ObjectProperty(None, allownone=True)
    own = ObjectProperty(None, allownone=True)
    told = StringProperty()
    chosen = BooleanProperty(False)  # something can be taken back
    several = BooleanProperty(False)
    lists = BooleanProperty(False)  # the names are shown instead of the map

    def __init__(
        self,
        step: Step,
        value: str,
        setting: Setting,
        *,
        tiles: Tiles | None,
        named: tuple[Named, ...] = (),
        own: Spot | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.several = step.kind is not Kind.GEOPOINT
        self.tiles, self.own, self._named = tiles, own, named
        self.spots = list(read_spots(value))
        if step.kind is Kind.GEOSHAPE and len(self.spots) > 1 and self.spots[0] == self.spots[-1]:
            self.spots.pop()
        view = self.ids.view
        view.tiles, view.named, view.own = tiles, list(named), own
        view.joined, view.closed = self.several, step.kind is Kind.GEOSHAPE
        view.bind(on_pick=lambda _, latitude, longitude: self.pick(latitude, longitude))
        for tool, wanted in (("here", own is not None), ("by_name", bool(named))):
            if not wanted:
                self.ids.tools.remove_widget(self.ids[tool].__self__)
        self._begin()
        self._show()
        self.arrange()

    def pick(self, latitude: float, longitude: float) -> None:
        """This place: the answer, or one more point of it."""
        self.take(Spot(latitude, longitude))

    def pick_middle(self) -> None:
        """The place under the cross."""
        view = self.ids.view
        self.pick(view.latitude, view.longitude)

    def pick_own(self) -> None:
        """Where the device is."""
        equipment = equipment_of(self.setting)
        own = equipment.place.spot() if equipment.place else self.own
        if own is not None:
            self.ids.view.own = self.own = own
            self.ids.view.go_to(own.latitude, own.longitude)
            self.take(own)

    def take(self, spot: Spot) -> None:
        """Add a place to a way or an area; a point is replaced.

        The same place once more after itself is no further point of a way.
        """
        if self.spots[-1:] == [spot]:
            return
        self.spots = [*self.spots, spot] if self.several else [spot]
        self._changed()

    def undo(self) -> None:
        """Take the last place back."""
        self.spots = self.spots[:-1]
        self._changed()

    def clear(self) -> None:
        """Take all places back."""
        self.spots = []
        self._changed()

    def show_names(self, wanted: bool) -> None:
        """The names instead of the map, or the map again."""
        self.lists = wanted
        grid = self.ids.names
        grid.clear_widgets()
        if not wanted:
            return
        for named in self._named:
            card = ChoiceCard(name=named.name, text=named.name, icon="map-pin")
            card.mark_off = card.mark_on = ""
            card.bind(on_release=lambda _, named=named: self._take_named(named))
            grid.add_widget(card)

    def spoken(self) -> str:
        """What is chosen, and how to go about it."""
        return self.told

    @property
    def unfinished(self) -> str:
        """How many points are missing for a way, or an area."""
        return str(self.told) if self.spots and not self.value else ""

    def forget(self) -> None:
        """Nothing of where it was remains."""
        super().forget()
        self.spots = []
        self.ids.view.forget()
        self.told = ""

    def _take_named(self, named: Named) -> None:
        self.show_names(False)
        self.ids.view.go_to(named.spot.latitude, named.spot.longitude)
        self.take(named.spot)

    def _begin(self) -> None:
        """Show what was chosen; else where the device is; else the middle of the map."""
        view, tiles = self.ids.view, self.tiles
        first = self.spots[0] if self.spots else self.own
        if first is not None and (tiles is None or tiles.shows(first.latitude, first.longitude)):
            view.zoom = _CLOSE if self.spots else _TOWN + 1
            view.go_to(first.latitude, first.longitude)
        elif tiles is not None:
            view.zoom = tiles.begin
            view.go_to(*tiles.centre)
        elif self._named:
            view.zoom = _TOWN
            middle = self._named[len(self._named) // 2].spot
            view.go_to(middle.latitude, middle.longitude)
        view.enlarge(0)

    def _changed(self) -> None:
        self._show()
        enough = len(self.spots) >= _LEAST[self.step.kind]
        spots = self.spots
        if self.step.kind is Kind.GEOSHAPE:
            spots = [*spots, *spots[:1]]
        self.give(written_way(spots) if enough else "")

    def _show(self) -> None:
        self.ids.view.spots = list(self.spots)
        self.chosen = bool(self.spots)
        missing = _LEAST[self.step.kind] - len(self.spots)
        if not self.spots:
            self.told = tr._("Touchez la carte à l’endroit voulu.")
        elif missing > 0:
            self.told = tr.plural("Encore {n} point.", "Encore {n} points.", missing)
        else:
            self.told = in_words(self.step.kind, self.spots)


def in_words(kind: Kind, spots: list[Spot]) -> str:
    """What was chosen, in a few words."""
    if kind is Kind.GEOPOINT:
        return tr._("Le point est placé.")
    metres = length([*spots, spots[0]] if kind is Kind.GEOSHAPE else spots)
    return tr.plural(
        "{n} point, {length} en tout",
        "{n} points, {length} en tout",
        len(spots),
        length=distance_words(metres),
    )


def describe(step: Step, value: str) -> str:
    """The place in words, as the review tells it."""
    spots = list(read_spots(value))
    if not spots:
        return value
    if step.kind is Kind.GEOPOINT:
        return tr._("Un point sur la carte : {latitude} ; {longitude}").format(
            latitude=tr.number(round(spots[0].latitude, 5)),
            longitude=tr.number(round(spots[0].longitude, 5)),
        )
    if step.kind is Kind.GEOSHAPE and len(spots) > 1 and spots[0] == spots[-1]:
        spots.pop()
    words = in_words(step.kind, spots)
    shape = tr._("Une zone sur la carte") if step.kind is Kind.GEOSHAPE else tr._("Un chemin")
    return f"{shape} : {words}"


load_beside(__file__)
