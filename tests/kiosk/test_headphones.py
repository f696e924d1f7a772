"""Headphone sockets; for want of a sound card, amixer's answers are written down here."""

import os
from pathlib import Path

from kiosk.devices.headphones import Headphones, Jack, find_jacks, is_on, jacks_in
from tests.waiting import wait_for

CONTROLS = """numid=25,iface=CARD,name='Headphone Jack'
numid=24,iface=CARD,name='Mic Jack'
numid=26,iface=CARD,name='Speaker Phantom Jack'
numid=2,iface=MIXER,name='Headphone Playback Switch'
"""
PLUGGED = """numid=25,iface=CARD,name='Headphone Jack'
  ; type=BOOLEAN,access=r-------,values=1
  : values=on
"""
# Answers as amixer does, from files that the test changes.
AMIXER = """#!/bin/sh
case "$3" in
controls) cat {folder}/controls ;;
cget) cat {folder}/state ;;
events) echo "Ready to listen..."; tail -f -n +1 {folder}/events ;;
esac
"""


def card(folder: Path) -> str:
    """A sound card with a socket, nothing in it; the path of what stands in for amixer."""
    (folder / "controls").write_text(CONTROLS)
    (folder / "state").write_text(PLUGGED.replace("=on", "=off"))
    (folder / "events").write_text("")
    (folder / "asound" / "card1").mkdir(parents=True)
    program = folder / "amixer"
    program.write_text(AMIXER.format(folder=folder))
    program.chmod(0o755)
    return str(program)


def test_only_headphone_sockets_are_followed():
    assert jacks_in(0, CONTROLS) == [Jack(0, 25, "Headphone Jack")]
    assert is_on(PLUGGED)
    assert not is_on(PLUGGED.replace("=on", "=off"))


def test_every_card_is_asked(tmp_path):
    assert find_jacks(card(tmp_path), tmp_path / "asound") == [Jack(1, 25, "Headphone Jack")]
    assert find_jacks(str(tmp_path / "amixer"), tmp_path / "nothing") == []


def test_plugging_in_and_pulling_out_is_told_once_each(tmp_path):
    told: list[bool] = []
    jack = Jack(1, 25, "Headphone Jack")
    headphones = Headphones(card(tmp_path), [jack], told.append)
    assert not headphones.plugged
    headphones.watch()
    try:
        for values, wanted in (("=on", [True]), ("=off", [True, False])):
            (tmp_path / "state").write_text(PLUGGED.replace("=on", values))
            with (tmp_path / "events").open("a") as events:
                events.write("event value: numid=25,iface=CARD,name='Headphone Jack'\n")
                events.write("event value: numid=2,iface=MIXER,name='Headphone Playback'\n")
            wait_for(lambda wanted=wanted: told == wanted, f"{wanted} to be told")
    finally:
        headphones.close()


def test_without_amixer_nothing_is_followed(tmp_path):
    (tmp_path / "card0").mkdir()
    assert find_jacks(os.fspath(tmp_path / "amixer"), tmp_path) == []
