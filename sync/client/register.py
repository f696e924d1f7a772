"""What a device asks of the register: that it holds what was sent, and forgets nothing.

Rules:

1. A register must go on from the last checkpoint that this device saw. One that does not is
   refused, the older checkpoint is kept, and the steward is told at every sync.
2. A batch counts as registered once the server has proved, under such a checkpoint, that every
   contribution of it that it acknowledged stands in the register. Only then may it be let go of.
3. A checkpoint that something was proved under is the last one seen from then on: what made a
   device let go of a contribution is what it holds the register to.
"""

from __future__ import annotations

from sync.client.report import Run, contributions
from sync.client.wire import NetworkTrouble, Wire
from sync.device import Device, Enrolment
from sync.errors import ForgedCheckpoint, ForgedProof, ForgottenRegister
from sync.outbox import Unregistered
from sync.register import checkpoint
from sync.register.checkpoint import Checkpoint, origin_of
from sync.register.entry import Entry
from sync.register.proof import LARGEST_PROOF, Consistency, Proof

_MOST_BATCHES = 100  # looked up in one sync
_NOT_THERE = ("not-registered", "not-found")


class RegisterWatch:
    """Follows the registers of one device's consultations.

    Args:
        device: whose.
        enrolment: where it belongs.
        wire: the way there.
    """

    def __init__(self, device: Device, enrolment: Enrolment, wire: Wire) -> None:
        self._device = device
        self._server = enrolment.server
        self._wire = wire

    def look(self, run: Run) -> None:
        """Ask for what is not yet shown to be registered; what is wrong goes to the steward.

        Raises:
            NetworkTrouble: the server cannot be reached.
        """
        waiting = self._device.outbox.unregistered()[:_MOST_BATCHES]
        for consultation in dict.fromkeys(batch.consultation for batch in waiting):
            try:
                if self._go_on(consultation) is None:
                    continue
                for batch in waiting:
                    if batch.consultation == consultation and self._stands(batch):
                        self._device.outbox.found_registered(batch.name)
            except (ForgottenRegister, ForgedCheckpoint, ForgedProof) as error:
                count = sum(
                    len(batch.commitments)
                    for batch in waiting
                    if batch.consultation == consultation
                )
                run.troubles.append(f"{error} {contributions(count)} of it are kept here.")

    def _go_on(self, consultation: str, size: int | None = None) -> Checkpoint | None:
        """A checkpoint that goes on from the last one, which it replaces; None before any.

        Args:
            consultation: whose register it is.
            size: which checkpoint, by its entries; the newest without it.

        Raises:
            ForgottenRegister: it does not.
            ForgedCheckpoint, ForgedProof: the answer is none.
        """
        before = self._last(consultation)
        held = 0 if before is None else before.size
        path = f"/v1/consultations/{consultation}/register?from={held}"
        if size is not None:
            path += f"&to={size}"
        answer = self._wire.ask("GET", path, most=LARGEST_PROOF)
        if answer.status == 404 and answer.problem.name == "not-registered" and answer.signed:
            if held:  # it had more entries once
                raise ForgottenRegister()
            return None
        if answer.status != 200:
            raise NetworkTrouble("The server does not show its register now.")
        shown = Consistency.from_json(answer.body)
        point = shown.check(consultation, self._server, before)
        if before is None or point.size > before.size:
            self._device.saw(consultation, shown.note)
        return point

    def _last(self, consultation: str) -> Checkpoint | None:
        note = self._device.checkpoint(consultation)
        if note is None:
            return None
        return checkpoint.read(note, origin_of(consultation), self._server)

    def _stands(self, batch: Unregistered) -> bool:
        """Whether everything of a batch is proved to stand in the register."""
        proved = self._proved(batch.consultation, f"/v1/batches/{batch.name}/register")
        for one in sorted(batch.commitments):
            # What an earlier batch had brought already is proved one by one.
            if Entry(one).to_bytes() not in proved:
                path = f"/v1/consultations/{batch.consultation}/register/{one.hex()}"
                if Entry(one).to_bytes() not in self._proved(batch.consultation, path):
                    return False  # not published yet
        return True

    def _proved(self, consultation: str, path: str) -> frozenset[bytes]:
        """The entries that the answer proves; none where there is nothing to prove yet.

        Raises:
            ForgottenRegister: the proof's checkpoint does not go on from the last one seen.
            ForgedCheckpoint, ForgedProof: the answer does not hold.
        """
        answer = self._wire.ask("GET", path, most=LARGEST_PROOF)
        if answer.status == 404 and answer.problem.name in _NOT_THERE and answer.signed:
            return frozenset()
        if answer.status != 200:
            raise NetworkTrouble("The server does not show its register now.")
        proof = Proof.from_json(answer.body)
        point, last = proof.check(consultation, self._server), self._last(consultation)
        if last is None or point.size < last.size:
            raise ForgedProof()
        if point != last and self._go_on(consultation, point.size) != point:
            raise ForgedProof()
        return frozenset(proof.entries)
