"""Erasing while a batch is damaged: all else is done, it is told, and the server goes on."""

from __future__ import annotations

from pathlib import Path

import requests

from sync.client.https import sync_once
from sync.device import Device
from sync.receipt import Receipt
from sync.server.doctor import Health, examine
from sync.server.service import Service
from tests.sync.test_erasing_at_once import left_in, order_for, tombstones
from tests.sync.test_register_doubt import flip
from tests.sync.town import Town

ON_BOTH_DATABASES = True


def said_in_batches(town: Town, device: Device, *ideas: str) -> list[Receipt]:
    """What people said, in a batch each."""
    receipts = []
    for idea in ideas:
        receipts += town.confirm(device, idea)
        assert sync_once(device).complete
    return receipts


def file_of(town: Town, service: Service, receipt: Receipt) -> Path:
    """Where the batch lies that holds a contribution."""
    for name in service.store.batch_names():
        if any(one.id == receipt.id for one in service.erasures.read_stored(name).records):
            return service.files.batch_path(name)
    raise AssertionError("it is in no batch")


def test_what_lies_in_sound_batches_is_erased_though_another_batch_is_damaged(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        damaged, asked = said_in_batches(town, device, "un banc", "un arbre")
        place = file_of(town, service, damaged)
        whole = place.read_bytes()
        flip(place)
        answer = requests.post(f"{url}/v1/erasures", order_for(town, asked.id), timeout=120)
        assert answer.status_code == 500
        assert "missing-batch" in answer.text
        place.write_bytes(whole)
        assert left_in(service, [damaged, asked]) == [damaged.id]


def test_a_server_starts_and_serves_with_an_order_on_a_damaged_batch(town: Town) -> None:
    with town.serving() as url, town.device("a", url) as one, town.device("b", url) as other:
        (damaged,) = said_in_batches(town, one, "un banc")
        (asked,) = said_in_batches(town, other, "un arbre")
        with town.service() as service:
            place = file_of(town, service, damaged)
            whole = place.read_bytes()
            flip(place)
            orders = [order_for(town, receipt.id) for receipt in (damaged, asked)]
            said = [requests.post(f"{url}/v1/erasures", order, timeout=120) for order in orders]
            assert [answer.status_code for answer in said] == [500, 200]
            found = [one.sentence for one in examine(service) if one.health is Health.BAD]
            assert any(
                "1 order to erase is not carried out whole" in sentence for sentence in found
            )
    with town.serving() as url, town.device("a") as one:
        said_in_batches(town, one, "une fontaine")
        assert requests.get(f"{url}/readyz", timeout=60).status_code == 200
    place.write_bytes(whole)
    with town.serving():
        pass
    with town.service() as service:
        assert left_in(service, [damaged, asked]) == []
        assert sorted(tombstones(service, town.consultation.id)) == sorted(
            receipt.commitment for receipt in (damaged, asked)
        )
        assert not [found for found in examine(service) if "erase" in found.sentence]
