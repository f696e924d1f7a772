"""What commands have done at a device: by themselves, or by the kiosk that runs on it.

Each errand takes a message and gives one back; `tell` is for how far it is. They run beside the
screens, in a thread of their own: nothing here touches Kivy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

from kiosk.frames import JSON, Garbled, Message
from kiosk.people.accounts import Accounts, Role
from sync.attachment import Attachment
from sync.contribution import Contribution
from sync.device import Device
from sync.rules import SyncRules

Tell: TypeAlias = Callable[[Mapping[str, JSON]], None]
Errand: TypeAlias = Callable[[Device, Message, Tell], Message]

_NOTHING = Message({})


def _accounts(device: Device) -> Accounts:
    return Accounts(device.database, guard=device.database_guard)


def people_add(device: Device, given: Message, tell: Tell) -> Message:
    """Let somebody sign in, or give them a new PIN."""
    accounts = _accounts(device)
    account = accounts.add(given.text("name"), Role(given.text("role")), given.text("pin"))
    return Message({"name": account.name, "role": account.role.value})


def people_remove(device: Device, given: Message, tell: Tell) -> Message:
    """Take somebody's account away."""
    _accounts(device).remove(given.text("name"))
    return _NOTHING


def people_list(device: Device, given: Message, tell: Tell) -> Message:
    """Who can sign in."""
    accounts = _accounts(device).all()
    return Message({"people": [f"{account.role.value:10} {account.name}" for account in accounts]})


def sync(device: Device, given: Message, tell: Tell) -> Message:
    """Send what waits and fetch what is new, once."""
    from sync.client.https import sync_once

    report = sync_once(
        device,
        progress=lambda progress: tell(asdict(progress)),
        ca_bundle=given.text("ca") or None,
    )
    return Message({"sentences": list(report.sentences()), "complete": report.complete})


def erase(device: Device, given: Message, tell: Tell) -> Message:
    """Erase the contribution between two ids."""
    low, high = given.texts("ids")
    states = device.outbox.erase((bytes.fromhex(low), bytes.fromhex(high)))
    return Message({"states": [state.value for state in states]})


def retry(device: Device, given: Message, tell: Tell) -> Message:
    """Let what was put aside wait to be sent once more."""
    return Message({"again": device.outbox.try_again()})


def rules(device: Device, given: Message, tell: Tell) -> Message:
    """Read the rules of sync, and follow others where some are given."""
    now = device.rules
    wanted = SyncRules(
        spare_mobile=given.yes("spare_mobile")
        if "spare_mobile" in given.said
        else now.spare_mobile,
        from_hour=_other(given.number("from_hour"), now.from_hour),
        until_hour=_other(given.number("until_hour"), now.until_hour),
        keep_days=_other(given.number("keep_days"), now.keep_days),
        keep_megabytes=_other(given.number("keep_megabytes"), now.keep_megabytes),
    )
    if wanted != now:
        device.follow(wanted)
    return Message(asdict(wanted))


def _other(given: int | None, usual: int) -> int:
    return usual if given is None else given


def courier_out(device: Device, given: Message, tell: Tell) -> Message:
    """Copy everything that waits onto a stick."""
    from sync.client.courier import carry_out

    carried = carry_out(
        device, Path(given.text("directory")), lambda progress: tell(asdict(progress))
    )
    return Message({"sentences": list(carried.sentences()), "damaged": bool(carried.damaged)})


def courier_in(device: Device, given: Message, tell: Tell) -> Message:
    """Take what came back on a stick."""
    from sync.client.courier import carry_in

    carried = carry_in(device, Path(given.text("directory")))
    left = device.outbox.counts().owed
    said = list(carried.sentences())
    return Message({"sentences": said, "troubles": bool(carried.troubles), "left": left})


def consultation(device: Device, given: Message, tell: Tell) -> Message:
    """The package of a consultation, and the device's key id: what a table is transcribed by."""
    held = device.consultation(given.text("consultation"))
    return Message({"key_id": device.key_id.hex()}, (held.data,))


def sealed_of(device: Device, given: Message, tell: Tell) -> Message:
    """Of some origins, those that were sealed."""
    found = device.sealed_of(given.text("consultation"), given.texts("origins"))
    return Message({"origins": sorted(found)})


def seal(device: Device, given: Message, tell: Tell) -> Message:
    """Seal and store one contribution; gives what its receipt promises."""
    said = Contribution.from_json(given.content[0]) if given.content else None
    if said is None:
        raise Garbled("There is nothing to seal.")
    names, types = given.texts("names"), given.texts("types")
    attachments = [
        Attachment(name, content, media_type)
        for name, content, media_type in zip(names, given.content[1:], types, strict=True)
    ]
    receipt = device.confirm(
        given.text("consultation"), said, attachments, origin=given.text("origin")
    )
    return Message({}, (receipt.promised, receipt.signature))


ERRANDS: Mapping[str, Errand] = {
    one.__name__: one
    for one in (
        *(people_add, people_remove, people_list, sync, erase, retry, rules),
        *(courier_out, courier_in, consultation, sealed_of, seal),
    )
}
