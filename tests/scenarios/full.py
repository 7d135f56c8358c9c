"""A test that fills the folder of the database, whose files then grow no more."""

import os
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import text


async def test_full(session, database):
    path = database.url.query.get("host") or Path(database.url.database).parent
    with tempfile.TemporaryFile(dir=Path(path).parent) as filler:
        free = shutil.disk_usage(filler.fileno()).free
        os.posix_fallocate(filler.fileno(), 0, free - 2**20)
        connection = await session.connection()
        await connection.execute(text("CREATE TABLE word (letters TEXT)"))
        for _ in range(64):
            await connection.execute(
                text("INSERT INTO word VALUES (:letters)"),
                {"letters": os.urandom(2**19).hex()},  # nothing to compress
            )
