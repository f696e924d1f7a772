"""How long a sealed contribution looks tells nothing of what was chosen."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import pytest

from sync import batch as batches
from sync import consultation as packages
from sync.consultation import Consultation
from sync.contribution import Agreement, Assistance, Contribution, Given, Help, Mode
from sync.desk.publish import Publication, publish
from sync.device import Device, Enrolment
from sync.errors import MalformedPackage
from sync.key_directory import KeyDirectory
from sync.keys import Suite
from tests.sync.given import CONSULTATION, ORGANISER_KEY, SERVER

KINDS = ["oui", "non", "peut-être demain", ""]
CHOICES = ["bancs", "arbres", "jeux", "une-fontaine-au-milieu", "velo", "marche"]
FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>Fermé</h:title><model><instance>
<data id="ferme" version="1"><stand/><wanted/><people/><day/><score/>
<meta><instanceID/></meta></data></instance>
<bind nodeset="/data/stand" type="string"/><bind nodeset="/data/wanted" type="string"/>
<bind nodeset="/data/people" type="int"/><bind nodeset="/data/day" type="date"/>
<bind nodeset="/data/score" calculate="count-selected(/data/wanted) * 10"/>
</model></h:head><h:body>
<select1 ref="/data/stand"><label>Pour ?</label>{stand}</select1>
<select ref="/data/wanted"><label>Quoi ?</label>{wanted}</select>
<input ref="/data/people"><label>Combien ?</label></input>
<input ref="/data/day"><label>Quand ?</label></input>{more}</h:body></h:html>"""


def items(names: list[str]) -> str:
    return "".join(
        f"<item><label>{one}</label><value>{one.replace(' ', '_')}</value></item>"
        for one in names
        if one
    )


def published(root: Path, form: str | Path, **options: str) -> Consultation:
    if isinstance(form, str) and form.startswith("<"):
        (root / "f.xml").write_text(form, encoding="utf-8")
        form = root / "f.xml"
    keys = KeyDirectory.create(root / "keys", label="Ville", suite=Suite.X25519)
    made, _ = publish(f"{form}", keys, said=Publication(options=options, without_notice=True))
    return made


def sealed_lengths(root: Path, asked: Consultation, said: list[Contribution]) -> list[int]:
    """How long each contribution is in what a real device sends."""
    with Device.open(root / "device") as device:
        device.enrol(Enrolment("https://s.example", SERVER.public_bytes_raw(), "mairie"))
        device.hold(asked.data)
        ids = [device.confirm(asked.id, one).id for one in said]
        lengths = {
            record.id: len(record.ciphertext)
            for outgoing in device.outbox.every_batch(500)
            for section in batches.read(outgoing.data, device.key.public_key()).sections
            for record in section.records
        }
    return [lengths[one] for one in ids]


def helped(name: str) -> Assistance:
    agreed = Agreement("2026-11-21", f"Centre social {name}", f"M-{name}", "2", Given.SIGNED)
    return Assistance(agreed, frozenset(Help), read_back=True)


def saying(
    asked: Consultation,
    fields: list[tuple[str, str]],
    mode: Mode,
    name: str = "07",
    language: str = "fr",
) -> Contribution:
    form = (asked.form_id, asked.form_version, asked.form_hash)
    helping = helped(name) if mode is Mode.ASSISTED else None
    return Contribution(*form, mode, language, tuple(one for one in fields if one[1]), helping)


def test_every_contribution_to_a_form_without_open_answers_has_one_length(tmp_path: Path) -> None:
    form = FORM.format(stand=items(KINDS), wanted=items(CHOICES), more="")
    asked = published(tmp_path, form)
    every = [" ".join(some) for count in range(7) for some in combinations(CHOICES, count)]
    said = [
        saying(
            asked,
            [
                ("/data/stand", stand.replace(" ", "_")),
                ("/data/wanted", wanted),
                ("/data/people", people),
                ("/data/day", day),
                ("/data/score", f"{10 * len(wanted.split())}"),
            ],
            mode,
            f"{place % 97:02}",
        )
        for place, (stand, wanted, people, day, mode) in enumerate(
            product(KINDS, every[::3], ["", "-2147483648"], ["", "2031-09-28"], [*Mode][:2])
        )
    ]
    said += [saying(asked, [("/data/stand", "oui")], mode) for mode in Mode]
    said += [
        saying(asked, [("/data/stand", "non")], mode, "07", language)
        for language in ("", "ar", "zh", "fr-x-falc")
        for mode in Mode
    ]
    said += [saying(asked, [], Mode.SELF), saying(asked, [], Mode.ASSISTED, "une longue nuit")]
    lengths = sealed_lengths(tmp_path, asked, said)
    assert len(lengths) > 600
    assert len(set(lengths)) == 1
    # The same once more, made on another machine: every device fills up to the same.
    (tmp_path / "other").mkdir()
    assert published(tmp_path / "other", form).options.least == asked.options.least


def test_a_refusal_looks_as_long_as_a_signature(tmp_path: Path) -> None:
    asked = published(tmp_path, "petition")
    refused = saying(asked, [("/data/signe", "non")], Mode.SELF)
    signed = [
        saying(
            asked,
            [
                ("/data/signe", "oui"),
                ("/data/identite/prenom", first),
                ("/data/identite/nom", last),
                ("/data/identite/seize_ans", "oui"),
                ("/data/identite/commune", "voisine"),
                ("/data/raison", why),
            ],
            Mode.SELF,
        )
        for first, last, why in (
            ("Zoé", "Aubry", ""),
            ("Maximilienne", "de La Rochefoucauld", "Oui !"),
        )
    ]
    assert len(set(sealed_lengths(tmp_path, asked, [refused, *signed]))) == 1


def test_a_long_text_still_goes_and_looks_longer(tmp_path: Path) -> None:
    more = '<input ref="/data/score"><label>Pourquoi ?</label></input>'
    asked = published(tmp_path, FORM.format(stand=items(KINDS), wanted=items(CHOICES), more=more))
    text = " ".join(f"{place * 7919 % 10007}" for place in range(400))
    said = [saying(asked, [("/data/score", one)], Mode.SELF) for one in ("court", text)]
    short, long = sealed_lengths(tmp_path, asked, said)
    assert short < long


def test_an_organiser_may_fill_up_less_and_a_package_of_before_is_the_same_bytes(
    tmp_path: Path,
) -> None:
    form = FORM.format(stand=items(KINDS), wanted=items(CHOICES), more="")
    asked = published(tmp_path, form, least="0")
    assert asked.options.least == 0
    assert b'"least"' not in asked.data
    said = [saying(asked, [("/data/stand", "oui")], mode) for mode in (Mode.SELF, Mode.ASSISTED)]
    assert len(set(sealed_lengths(tmp_path, asked, said))) == 2
    for wrong in (-1, (1 << 20) + 1):
        options = replace(CONSULTATION.options, least=wrong)
        with pytest.raises(MalformedPackage):
            packages.publish(replace(CONSULTATION, options=options, data=b""), ORGANISER_KEY)
