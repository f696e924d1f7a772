"""The server signs what it refuses, and what a device counts by, to whoever signed the request.

An ASGI application around the resources. A device changes nothing on a word that its server did not
sign (`sync.signed_answers`); strangers, who do not sign, cost the server no signature.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.server.gate import parts_of
from sync.server.service import Service

_COUNTED_BY = "/erasures"  # whose numbers say what was carried out


class SigningAnswers:
    """The application, its refusals signed.

    Args:
        app: answers.
        service: has the key.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asks = scope["type"] == "http" and any(name == b"signature" for name, _ in scope["headers"])
        if not asks or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_signed(scope, message["status"]):
                held.append(message)  # its body comes whole, in one message
                return
            if held and message["type"] == "http.response.body":
                start = held.pop()
                body = b"" if scope["method"] == "HEAD" else message.get("body", b"")
                parts = parts_of(Request(scope))
                fields = self._service.sign_answer(parts, start["status"], body)
                MutableHeaders(scope=start).update(fields)
                await send(start)
            await send(message)

        await self._app(scope, receive, sending)


def _is_signed(scope: Scope, status: int) -> bool:
    return status >= 400 or scope["path"].endswith(_COUNTED_BY) or scope["method"] == "DELETE"
