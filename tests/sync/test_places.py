"""What a data directory remembers of its places is taken as it stands, or not at all."""

import json
from pathlib import Path

import pytest

from sync.server.places import IN_THE_DIRECTORY, BadPlaces, Places


def test_what_was_told_once_is_remembered(tmp_path: Path) -> None:
    told = Places(database="postgresql://town", blobs="s3://batches/town")
    told.remember(tmp_path)
    assert Places.of(tmp_path) == told


def test_nothing_said_is_the_directory_itself(tmp_path: Path) -> None:
    assert Places.of(tmp_path) == IN_THE_DIRECTORY


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"databse": "postgresql://town"}),
        json.dumps({"database": "postgresql://town", "bucket": "s3://batches"}),
        json.dumps(["postgresql://town"]),
        json.dumps({"database": 5432}),
        '{"database": ',
        "",
    ],
)
def test_a_word_that_is_not_known_never_leads_to_an_empty_server(
    tmp_path: Path, written: str
) -> None:
    (tmp_path / "places.json").write_text(written)
    with pytest.raises(BadPlaces, match=r"places\.json"):
        Places.of(tmp_path)
