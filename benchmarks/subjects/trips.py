"""Counts how often anybody waits for a PostgreSQL server: a proxy in front of it."""

import asyncio
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
READY = b"Z"  # what ends each answer: the server waits for the next question


class Trips:
    """A socket in a folder of its own that leads to the server's in `server`.

    It serves in a thread until the process ends; `count` tells how many trips there
    have been.
    """

    def __init__(self, server: str) -> None:
        self._server = Path(server, SOCKET)
        self._folder = tempfile.TemporaryDirectory(prefix="trips-")
        self.directory = self._folder.name
        self._listening = threading.Event()
        threading.Thread(target=asyncio.run, args=[self._run()], daemon=True).start()
        self._listening.wait()
        self.count = 0

    async def _run(self) -> None:
        await asyncio.start_unix_server(self._serve, Path(self.directory, SOCKET))
        self._listening.set()
        await asyncio.Event().wait()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answers, questions = await asyncio.open_unix_connection(self._server)
        asking = asyncio.create_task(_copy(reader, questions))
        # Both sides end by hanging up.
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await answers.readexactly(5):
                self.count += head[:1] == READY
                rest = await answers.readexactly(int.from_bytes(head[1:]) - 4)
                writer.write(head + rest)
        writer.close()
        await asyncio.gather(writer.wait_closed(), asking, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(2**16):
            writer.write(part)
    writer.close()
    await writer.wait_closed()
