"""Whether the application can do its work, for load balancers and monitors."""

import asyncio

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from . import problems
from .dependencies import Session

TIMEOUT = 2.0  # seconds
router = APIRouter()


class Health(BaseModel):
    """What is known when the database has answered."""

    status: str = "ok"


@router.get("/healthz", responses=problems.responses(503))
async def check_health(session: Session) -> Health:
    """Ask the database."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await session.scalar(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        raise HTTPException(503, "The database does not answer.") from error
    return Health()
