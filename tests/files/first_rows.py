"""What tasks need before they can be created; both have the id 1."""

import asyncio

from task_tracker.database import connect, session_factory
from task_tracker.models import Project, Worker


async def main() -> None:
    """Insert them."""
    async with connect(), session_factory.begin() as session:
        session.add_all([Project(name="Apollo"), Worker(handle="ada")])


asyncio.run(main())
