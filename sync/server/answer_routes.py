"""Answers over HTTP: the organiser's desk brings them, everybody may read them.

GET  /v1/consultations/{id}/answers             as the organiser signed them
PUT  /v1/consultations/{id}/answers             new ones
POST /v1/consultations/{id}/answers/{number}    where contributions stand, some thousand at a time
GET  /v1/consultations/{id}/answers/states      what was told of that, for the organiser alone
GET  /v1/consultations/{id}/published/{hex}     one contribution as it is published
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.answers import LARGEST_ANSWERS, LARGEST_STATES, write_states
from sync.server.aside import Aside
from sync.server.bodies import Bodies
from sync.server.gate import caller_of, parts_of
from sync.server.problems import NotFound
from sync.server.service import Service

_ID = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def answer_routes(service: Service, aside: Aside, bodies: Bodies) -> list[Route]:
    """The routes.

    Args:
        service: what they speak for.
        aside: does what touches the disk in a thread.
        bodies: what comes in.
    """

    async def read(request: Request) -> Response:
        id_ = request.path_params["id"]
        statement = await aside(lambda: service.answers.statement(id_))
        if statement is None:
            raise NotFound()
        return Response(statement, media_type="application/json")

    async def publish(request: Request) -> Response:
        id_, parts = request.path_params["id"], parts_of(request)
        async with bodies.place(LARGEST_ANSWERS, caller_of(request).is_known):
            body = await bodies.whole(request, LARGEST_ANSWERS)
            await aside(lambda: service.answers.publish(id_, parts, body))
        return Response(status_code=204)

    async def tell(request: Request) -> Response:
        id_, number = request.path_params["id"], request.path_params["number"]
        if not _NUMBER.fullmatch(number):
            raise NotFound()
        parts = parts_of(request)
        async with bodies.place(LARGEST_STATES, caller_of(request).is_known):
            body = await bodies.whole(request, LARGEST_STATES)
            await aside(lambda: service.answers.tell(id_, int(number), parts, body))
        return Response(status_code=204)

    async def told(request: Request) -> Response:
        id_, after = request.path_params["id"], request.query_params.get("after", "0" * 32)
        if not _ID.fullmatch(after):
            raise NotFound()
        parts = parts_of(request)
        states = await aside(lambda: service.answers.told(id_, bytes.fromhex(after), parts))
        return Response(write_states(states, last=not states), media_type="application/json")

    async def published(request: Request) -> Response:
        id_, one = request.path_params["id"], request.path_params["one"]
        if not _ID.fullmatch(one):
            raise NotFound()
        line = await aside(lambda: service.answers.published(id_, bytes.fromhex(one)))
        return Response(line, media_type="application/x-ndjson")

    answers = "/v1/consultations/{id}/answers"
    return [
        Route(answers, read, methods=["GET"]),
        Route(answers, publish, methods=["PUT"]),
        Route(answers + "/states", told, methods=["GET"]),
        Route(answers + "/{number}", tell, methods=["POST"]),
        Route("/v1/consultations/{id}/published/{one}", published),
    ]
