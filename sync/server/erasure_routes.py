"""Orders to erase over HTTP: taken from their organiser, and handed on to devices.

    POST /v1/erasures                                   an order; it signs itself
    GET  /v1/consultations/{id}/erasures?after=N        orders behind number N

An order names an id that follows from what the register shows anyway, and a reason that it shows.
"""

from __future__ import annotations

import re

import rfc8785
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.erasure import LARGEST_ORDER, write_orders
from sync.server.aside import Aside
from sync.server.bodies import Bodies
from sync.server.problems import BadRequest
from sync.server.service import Service

_MOST = 500  # orders in one answer


def erasure_routes(service: Service, aside: Aside, bodies: Bodies) -> list[Route]:
    """The routes.

    Args:
        service: what they speak for.
        aside: does what touches the disk in a thread.
        bodies: what comes in.
    """

    async def take(request: Request) -> Response:
        order = await bodies.whole(request, LARGEST_ORDER)
        done = await aside(lambda: service.erase(order))
        return _json(rfc8785.dumps({"batches": done.batches, "id": done.erasure.id.hex()}))

    async def give(request: Request) -> Response:
        given = request.query_params.get("after", "0")
        if not re.fullmatch(r"[0-9]{1,15}", given):
            raise BadRequest()
        id_ = request.path_params["id"]

        def read() -> bytes:
            service.store.versions(id_)
            return write_orders(service.erasures.orders(id_, int(given))[:_MOST])

        return _json(await aside(read))

    return [
        Route("/v1/erasures", take, methods=["POST"]),
        Route("/v1/consultations/{id}/erasures", give),
    ]


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
