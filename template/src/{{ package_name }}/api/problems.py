"""Errors as problem details (RFC 9457), which show nothing of the code or the SQL."""

import http.client
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import exc
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from ..logging import request_id
from . import database_errors, routing

MEDIA_TYPE = "application/problem+json"
UNAVAILABLE = "This cannot be done now, and nothing was changed. Try again later."
UNKNOWN = "The database was lost while it stored this. Look whether it is there."


class OutcomeUnknownError(Exception):
    """The database did not say how a commit ended: the work is stored, or it is not."""


class Problem(BaseModel):
    """What an error's body is: `instance` is the request's id, as in the logs.

    `errors` says which parts of a request are invalid.
    """

    title: str
    status: int
    detail: str
    instance: str = ""
    errors: list[dict[str, str]] = []


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of these errors."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _title(status), "content": content}
        for status in statuses
    }


def set_up(app: FastAPI) -> None:
    """Let `app` answer foreseen errors with problem details, and describe them."""

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> JSONResponse:
        headers = error.headers
        if error.status_code == 405:  # Starlette names the methods of one operation
            headers = {"Allow": routing.allowed(request.scope)}
        return respond(error.status_code, str(error.detail), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def refuse_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # Without the input, which may be secret, or no JSON.
        errors = [
            {"where": ".".join(map(str, problem["loc"])), "what": problem["msg"]}
            for problem in error.errors()
        ]
        return respond(422, "The request is not valid.", errors=errors)

    @app.exception_handler(exc.IntegrityError)
    async def refuse_conflict(_: Request, error: exc.IntegrityError) -> JSONResponse:
        detail = "It refers to what is missing, or contradicts what is stored."
        return respond(409, detail, errors=database_errors.violations(error))

    @app.exception_handler(StaleDataError)
    async def refuse_late(_: Request, _error: StaleDataError) -> JSONResponse:
        return respond(409, "It has been changed or deleted meanwhile.")

    # FastAPI itself would describe them as application/json. See "Extending OpenAPI" in
    # its documentation.
    def openapi() -> dict[str, Any]:
        document = FastAPI.openapi(app)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema()
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def answer(error: Exception) -> JSONResponse:
    """Make the response of an unforeseen error: 503 if it passes, otherwise 500."""
    if isinstance(error, OutcomeUnknownError):
        return respond(503, UNKNOWN)
    if database_errors.passes(error):
        return respond(503, UNAVAILABLE, headers={"Retry-After": "1"})
    return respond(500, "The server could not handle the request.")


def respond(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Make a response of an error; `more` are other members of `Problem`."""
    more["instance"] = request_id.get()
    problem = Problem(title=_title(status), status=status, detail=detail, **more)
    body = problem.model_dump(exclude_defaults=True)
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def _title(status: int) -> str:
    return http.client.responses.get(status, "Error")
