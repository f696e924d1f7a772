"""The registers over HTTP: plain files for everybody, and proofs made on the spot.

GET /register/{id}/checkpoint                   signed note      ┐ C2SP tlog-tiles: everything
GET /register/{id}/tile/…                       hashes, entries  ┘ that is needed to check all
GET /v1/consultations/{id}/register?from=N      it goes on from its first N entries (&to=M: it did
                                                when M were published)
GET /v1/consultations/{id}/register/{hex}       where a commitment stands
GET /v1/batches/{sha256}/register               where what a batch brought stands
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.register.proof import Consistency, Proof
from sync.server.problems import BadRequest, NotFound
from sync.server.register import Registers
from sync.server.signed_registers import NotRegistered

_CONSULTATION = re.compile(r"[0-9A-Z]{8,64}")
_TILE = re.compile(r"tile/([0-9]|entries)/(x[0-9]{3}/)*[0-9]{3}(\.p/[0-9]{1,3})?")
_COMMITMENT = re.compile(r"[0-9a-f]{64}")
_BATCH = re.compile(r"[0-9a-f]{64}")
_UNCHANGING = {"Cache-Control": "public, max-age=31536000, immutable"}
_FRESH = {"Cache-Control": "no-cache"}


def register_routes(
    registers: Registers, aside: Callable[[Callable[[], Response]], Awaitable[Response]]
) -> list[Route]:
    """The routes.

    Args:
        registers: what they show.
        aside: does what touches the disk in a thread.
    """

    async def checkpoint(request: Request) -> Response:
        id_ = _consultation(request)
        return await aside(
            lambda: Response(
                registers.checkpoint(id_), media_type="text/plain; charset=utf-8", headers=_FRESH
            )
        )

    async def key(request: Request) -> Response:
        return Response(f"{registers.key(_consultation(request))}\n", media_type="text/plain")

    async def tile(request: Request) -> Response:
        id_, path = _consultation(request), f"tile/{request.path_params['path']}"
        if not _TILE.fullmatch(path):
            raise NotFound()

        def read() -> Response:
            content = registers.folder(id_).read(path)
            if content is None:
                raise NotFound()
            return Response(content, media_type="application/octet-stream", headers=_UNCHANGING)

        return await aside(read)

    async def consistency(request: Request) -> Response:
        id_ = _consultation(request)
        old = _size(request.query_params.get("from", "0"))
        until = request.query_params.get("to")
        size = None if until is None else _size(until)

        def prove() -> Response:
            return _json(Consistency(*registers.consistency(id_, old, size)).to_json())

        return await aside(prove)

    async def contribution(request: Request) -> Response:
        id_, commitment = _consultation(request), request.path_params["commitment"]
        if not _COMMITMENT.fullmatch(commitment):
            raise NotFound()
        return await aside(lambda: _proof(registers.prove(id_, bytes.fromhex(commitment))))

    async def batch(request: Request) -> Response:
        name = request.path_params["name"]
        if not _BATCH.fullmatch(name):
            raise NotFound()
        return await aside(lambda: _proof(registers.prove_batch(name)))

    return [
        Route("/register/{id}/checkpoint", checkpoint),
        Route("/register/{id}/key", key),
        Route("/register/{id}/tile/{path:path}", tile),
        Route("/v1/consultations/{id}/register", consistency),
        Route("/v1/consultations/{id}/register/{commitment}", contribution),
        Route("/v1/batches/{name}/register", batch),
    ]


def _consultation(request: Request) -> str:
    id_: str = request.path_params["id"]
    if not _CONSULTATION.fullmatch(id_):
        raise NotFound()
    return id_


def _size(given: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", given):
        raise BadRequest()
    return int(given)


def _proof(proof: Proof | None) -> Response:
    if proof is None:
        raise NotRegistered()
    return _json(proof.to_json())


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers=_FRESH)
