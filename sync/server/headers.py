"""What every answer tells a browser, whichever resource gave it: to run nothing, to guess nothing.

An answer that says something else about the same matter, as the pages do, keeps its own word.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EVERY = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_SECURE = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""Only where the answer goes out over TLS (RFC 6797, 7.2): the proxy in front says so."""


class CautiousHeaders:
    """An application whose answers all carry these headers.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        wanted = _EVERY | (_SECURE if scope.get("scheme") == "https" else {})

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
