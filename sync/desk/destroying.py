"""What the desk can say of a key when it is destroyed."""

from __future__ import annotations

from datetime import datetime

from sync.desk.store import DeskStore
from sync.desk.store_tables import in_words
from sync.destruction import Destruction, OpenedWith
from sync.key_directory import KeyDirectory
from sync.keys import RecipientPublic


def destruction_of(
    store: DeskStore, keys: KeyDirectory, public: RecipientPublic, reason: str, now: datetime
) -> Destruction:
    """The record of a key that is about to be destroyed.

    Args:
        store: where what it opened is counted.
        keys: the organiser's: only their own consultations are spoken of.
        public: the key.
        reason: in the organiser's words.
        now: when.
    """
    own = keys.organiser_public.public_bytes_raw()
    opened = store.opened_with(public.id.hex())
    forms = {
        one.id: one.form_id
        for one in store.consultations()
        if one.organiser_key == own
        and (one.id in opened or any(each.key == public.key for each in one.recipients))
    }
    with in_words(store.path):
        told = tuple(
            OpenedWith(id_, form, opened.get(id_, 0), store.register.size(id_))
            for id_, form in sorted(forms.items())
        )
    return Destruction(RecipientPublic(public.suite, public.key), now, reason, told)
