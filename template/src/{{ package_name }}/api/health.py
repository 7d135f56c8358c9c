"""Whether the application runs, and can do its work: for probes and monitors."""

import asyncio
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from . import problems
from .dependencies import Session

TIMEOUT = 5.0  # seconds
router = APIRouter()


class Health(BaseModel):
    """What is known when there is an answer."""

    status: Literal["ok"] = "ok"


@router.get("/livez")
async def check_life() -> Health:
    """Answer, without the database: whoever does not has to be started again."""
    return Health()


@router.get("/healthz", responses=problems.responses(503))
async def check_health(session: Session) -> Health:
    """Ask the database: whoever does not reach it gets no requests for a while."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await session.scalar(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        raise HTTPException(503, "The database does not answer.") from error
    return Health()
