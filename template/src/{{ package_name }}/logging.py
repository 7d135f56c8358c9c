"""Logs on stderr: lines of JSON, or of text where that is a terminal."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

# The id of the request that is being answered.
request_id: ContextVar[str] = ContextVar("request_id", default="")

PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):\S*@")


class TextFormatter(logging.Formatter):
    """Writes text, in which no URL has a password."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record, with the traceback of its exception."""
        return PASSWORD.sub(r"\1:***@", super().format(record))


class JSONFormatter(TextFormatter):
    """Writes an object a line, with what `extra` has as `data`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object of a record; its message may have several lines."""
        time = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": super().format(record),
            "request_id": request_id.get(),
            **getattr(record, "data", {}),
        }
        return json.dumps(line, default=str)


def set_up(level: str) -> None:
    """Write what the application logs from `level` on, and what others warn of.

    A server's own messages are written likewise. Its access log is silent: the
    application logs requests itself.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JSONFormatter())
    if handler.stream.isatty():
        handler.setFormatter(TextFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])
    logging.getLogger(__package__).setLevel(level)
    for name, propagates in (("uvicorn", True), ("uvicorn.access", False)):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = propagates
    logging.getLogger("uvicorn").setLevel("INFO")
