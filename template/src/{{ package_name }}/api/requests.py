"""Each request: its id, its line in the log, and what is answered when it fails."""

import logging
import re
import time
import uuid
from functools import partial

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..logging import request_id
from . import database_errors, problems, startup

logger = logging.getLogger(__name__)
SANE_ID = re.compile(r"[!#-&(-~]{1,64}")  # visible, in ASCII, and no quotes


class RequestLog:
    """Middleware that logs a line for each request, when all of it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, partial(startup.tell, send))
            return
        status = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id.get()
            await send(message)

        given = Headers(scope=scope).get("X-Request-ID", "")
        # It stays set, for the server, which logs in the same context what is raised.
        request_id.set(given if SANE_ID.fullmatch(given) else uuid.uuid4().hex)
        start = time.perf_counter()
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            if status is not None:  # the server cuts the response off, and logs why
                raise
            # Raised, it would also end the connection, and other requests with it.
            response = problems.answer(error)
            if response.status_code == 503:
                cause = database_errors.describe(error)
                logger.warning("The request failed for now. %s", cause)
            else:
                logger.exception("The request failed.")
            await response(scope, receive, send_with_id)
        finally:
            _log(scope, status, time.perf_counter() - start)


def _log(scope: Scope, status: int | None, seconds: float) -> None:
    # Where a router is included with a prefix, FastAPI has the whole path elsewhere.
    route = scope.get("fastapi", {}).get("effective_route_context", scope.get("route"))
    data = {
        "method": scope["method"],
        "path": getattr(route, "path", None),  # none for what does not exist
        "status": status,  # none if the client left before
        "duration_ms": round(seconds * 1000, 1),
    }
    text = f"{data['method']} {data['path'] or '-'} {status} {data['duration_ms']} ms"
    logger.info("%s %s", text, request_id.get(), extra={"data": data})
