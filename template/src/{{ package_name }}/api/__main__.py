"""Serves the application in production, once it is sure that it can work.

Uvicorn by itself ends with status 0 where its workers cannot start.
"""

import asyncio
import sys
from argparse import ArgumentParser

import uvicorn

from .. import logging
from . import main, startup


def serve() -> None:
    """Serve until a SIGTERM; what is being answered then has 20 seconds left."""
    parser = ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    try:
        settings = asyncio.run(startup.check())
    except startup.NotReadyError as error:
        sys.exit(str(error))
    logging.set_up(settings.log_level)
    uvicorn.run(
        f"{main.__name__}:app",
        **vars(options),
        log_config=None,  # the application's
        timeout_graceful_shutdown=20,
    )


if __name__ == "__main__":
    serve()
