# fmt: off; isort: skip_file
"""The proof that a FastAPI application works on the data of a test, and only there.

Its lifespan connects it, and whatever runs during a request may open sessions.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from asgi_lifespan import LifespanManager
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from .application import database
from .leaks import BypassWarning, EventLoopError
from .probe import Probe
from .test_isolation import names

twice = pytest.mark.parametrize("run", ["first", "second"])


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with database.connect():  # as an application does in production
        yield


probes = FastAPI(lifespan=lifespan)


async def add(name: str) -> None:
    """Commit a probe in a session of its own."""
    probe = Probe(name=name)
    async with database.session_factory.begin() as session:
        session.add(probe)


@probes.middleware("http")
async def log(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Count the probes before a POST, and note what was found afterwards."""
    if request.method == "GET":
        return await call_next(request)
    async with database.session_factory() as session:
        count = len(await names(session))
        response = await call_next(request)
        session.add(Probe(name=f"{request.url.path} found {count}"))
        await session.commit()
    return response


@probes.post("/probes/{name}")
async def add_now_and_later(name: str, tasks: BackgroundTasks) -> None:
    """Add a probe, and another when the response has been sent."""
    await add(name)
    tasks.add_task(add, f"{name} in the background")


@probes.post("/broken/{name}")
async def break_off(name: str) -> None:
    """Fail when half of the work is done."""
    probe = Probe(name=name)
    async with database.session_factory.begin() as session:
        session.add(probe)
        await session.flush()
        raise HTTPException(400)


@probes.get("/probes")
async def stream() -> StreamingResponse:
    """Send the names of all probes, one by one."""

    async def lines() -> AsyncIterator[str]:
        async with database.session_factory() as session:
            async for name in await session.stream_scalars(select(Probe.name)):
                yield f"{name}\n"

    return StreamingResponse(lines())


@pytest.fixture
async def client(
    session_factory: async_sessionmaker[AsyncSession],
) -> AsyncIterator[AsyncClient]:
    """Calls the application, which has started, in the event loop of the tests."""
    manager = LifespanManager(probes)
    client = AsyncClient(transport=ASGITransport(manager.app), base_url="http://test")
    async with manager, client:
        yield client


@twice
async def test_what_requests_commit_is_seen_by_the_test_and_undone(
    client: AsyncClient, session: AsyncSession, run: str
) -> None:
    session.add(Probe(name="by the test"))
    await session.commit()
    await client.post("/probes/one")
    response = await client.get("/probes")

    assert sorted(response.text.splitlines()) == [
        "/probes/one found 1",
        "by the test",
        "one",
        "one in the background",
    ]


async def test_request_that_fails_half_way_leaves_nothing(
    client: AsyncClient, session: AsyncSession
) -> None:
    response = await client.post("/broken/half")

    assert response.status_code == 400
    assert await names(session) == ["/broken/half found 0"]


@pytest.mark.real_commits
@twice
async def test_requests_at_once_have_connections_of_their_own(
    client: AsyncClient, session: AsyncSession, run: str
) -> None:
    await asyncio.gather(*[client.post(f"/probes/{number}") for number in range(4)])

    assert len(await names(session)) == 12


@pytest.mark.usefixtures("session_factory")
def test_client_with_an_event_loop_of_its_own_is_refused() -> None:
    with pytest.raises(EventLoopError, match="AsyncClient"), TestClient(probes) as own:
        own.get("/probes")


def test_application_without_a_database_of_the_tests_is_noticed() -> None:
    refused = pytest.raises(BypassWarning, match="request `session`")
    with refused, TestClient(probes) as own:
        own.get("/probes")
