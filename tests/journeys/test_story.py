"""`make demo`, as it plays where there is no screen."""

import csv
import json

import pytest
from PIL import Image

from kiosk.demo.people import MARKED_WORDS
from kiosk.demo.traces import traces_of
from tests.journeys.story import Story


@pytest.mark.long
def test_the_whole_story_is_played_and_nothing_is_lost(tmp_path):
    story = Story.played(tmp_path)
    assert story.code == 0, story.told
    screens = sorted((story.out / "screens").glob("*.png"))
    assert json.loads(story.told.splitlines()[-1]) == {
        "recorded": 3,
        "synced": 3,
        "opened": 3,
        "lost": 0,
        "screens": len(screens),
    }
    assert len(screens) > 20
    for path in screens:
        with Image.open(path) as picture:
            assert picture.size == (1280, 800)
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 10, path.name
    with (story.out / "contributions.csv").open(encoding="utf-8-sig", newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 3
    assert sum(MARKED_WORDS in "".join(row.values()) for row in rows) == 1
    assert traces_of(MARKED_WORDS, story.out / "device") == []
    assert traces_of(MARKED_WORDS, story.out / "server") == []
