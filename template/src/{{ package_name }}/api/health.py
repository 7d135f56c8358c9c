"""Whether the application runs, and can do its work: for probes and monitors."""

import asyncio
import logging
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from . import database_errors, problems
from .dependencies import Session

TIMEOUT = 5.0  # seconds
logger = logging.getLogger(__name__)
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
        detail = "The database does not answer."
        logger.warning("%s %s", detail, database_errors.describe(error))
        raise HTTPException(503, detail) from error
    return Health()
