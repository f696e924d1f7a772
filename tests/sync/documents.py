"""One document of each kind, and a contribution that says all there is to say."""

from __future__ import annotations

from dataclasses import replace

from sync.contribution import Mode
from sync.documents import (
    Count,
    Document,
    Keying,
    MeetingLog,
    MeetingRecord,
    Operation,
    Phase,
    Signature,
)
from sync.provenance import Paper, Unread
from sync.receipt import receipt_code
from tests.sync.given import CONSULTATION, said

FORM = ("place", "1", CONSULTATION.form_hash)
SIGNATURE = Signature(*FORM, "2026-11-21", "Centre social", "2", "M0 0L3 4")
KEYING = Keying(
    *FORM, "0057-4", "Marché", "P-3", 1, (("/data/x", "oui"),), (("/data/y", Unread.SEVERAL),)
)
LOG = MeetingLog(
    *FORM,
    "M1",
    "A",
    12,
    (
        Operation(1_500, "line", (("line", "A:3"), ("text", "des bancs"))),
        Operation(2_000, "closed"),
    ),
)
RECORD = MeetingRecord(
    *FORM,
    "M1",
    "2026-11-21",
    "Salle des fêtes",
    (Phase("Constats", 1_800, 1_910, "18:05"),),
    ((0, 40), (35, 38)),
    (
        Count("Des bancs ?", "hands", 40, (("for", 30), ("against", 5))),
        Count("Des bancs ?", "hands", 38, (("for", 29), ("against", 5)), corrects=0),
    ),
    (("F-2", "merged", "A:3"),),
)
DOCUMENTS: tuple[Document, ...] = (SIGNATURE, KEYING, LOG, RECORD)

SHEET = Paper("0057-4", "Marché", 2, ("/data/answer[1]",), (("/data/x", Unread.ILLEGIBLE),))
ON_PAPER = replace(said("oui", mode=Mode.PAPER), paper=SHEET, alias=receipt_code(bytes(16)))
