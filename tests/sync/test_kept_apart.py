"""Who signed a petition, and how to reach a volunteer: never beside what they said."""

import csv
from pathlib import Path

from sync.contribution import Contribution, Mode
from sync.desk.export import export_csv
from sync.desk.open_data import publish_data
from sync.desk.publish import publish
from tests.sync.town import Town

PEOPLE = [
    ("Zoé", "Aubry", "Pour mon vélo."),
    ("Ada", "Martin", "Le détour est long."),
    ("", "", ""),
    *((f"P{place}", f"N{place}", f"Raison {place}.") for place in range(9)),  # enough to publish
]


class PetitionTown(Town):
    """A town whose consultation is the catalogue's petition."""

    def publication(self, version: int = 1, dictionary: bytes = b""):  # type: ignore[no-untyped-def]
        published, _ = publish("petition", self.keys)
        return published


def signed(town: Town, first: str, last: str, why: str) -> Contribution:
    asked = town.consultation
    fields = [("/data/signe", "oui" if first else "non")]
    if first:
        fields += [("/data/identite/prenom", first), ("/data/identite/nom", last)]
        fields += [("/data/identite/seize_ans", "oui"), ("/data/identite/commune", "voisine")]
        fields += [("/data/raison", why)]
    return Contribution(
        form_id=asked.form_id,
        form_version=asked.form_version,
        form_hash=asked.form_hash,
        mode=Mode.SELF,
        language="fr",
        fields=tuple(fields),
    )


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_names_stand_in_a_table_of_their_own_that_leads_to_no_answer(tmp_path: Path) -> None:
    town = PetitionTown(tmp_path)
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        for person in PEOPLE:
            device.confirm(town.consultation.id, signed(town, *person))
        town.registered(device)
        town.pull(url, desk)
        done = export_csv(desk, tmp_path / "table.csv")
        publish_data(desk, tmp_path / "open.jsonl")
    assert done.apart == (tmp_path / "table-identity.csv",)
    heading, *answers = rows_of(tmp_path / "table.csv")
    assert heading[-2:] == ["signe", "raison"]
    assert sorted(row[-2:] for row in answers) == sorted(  # in no telling order
        ["oui" if first else "non", why] for first, _, why in PEOPLE
    )
    heading, *names = rows_of(done.apart[0])
    assert heading == ["prenom", "nom", "seize_ans", "commune"]
    assert [row[:2] for row in names] == sorted([first, last] for first, last, _ in PEOPLE if first)
    assert not {row[0] for row in answers} & {cell for row in names for cell in row}
    assert done.apart[0].stat().st_mode & 0o077 == 0
    for one in (tmp_path / "table.csv", tmp_path / "open.jsonl"):
        text = one.read_text(encoding="utf-8")
        assert "Martin" not in text
        assert "Pour mon vélo." in text
