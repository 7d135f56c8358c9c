"""The application's settings, engine and sessions."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import UnboundExecutionError
from sqlmodel.ext.asyncio.session import AsyncSession

from .application import Settings, database
from .test_isolation import Probe


def test_settings_come_from_the_environment_then_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(ValidationError, match="database_url"):
        Settings()

    Path(".env").write_text("DATABASE_URL=from-file\nOTHER=ignored\n")
    assert Settings().database_url == "from-file"

    monkeypatch.setenv("DATABASE_URL", "from-environment")
    assert Settings().database_url == "from-environment"


@pytest.mark.usefixtures("database")
@pytest.mark.filterwarnings("ignore::tests.harness.leaks.BypassWarning")
async def test_sessions_are_bound_while_the_application_is_connected() -> None:
    async with database.connect(), database.session_factory() as session:
        assert await session.scalar(text("SELECT 1")) == 1

    async with database.session_factory() as session:
        with pytest.raises(UnboundExecutionError):
            await session.connection()


async def test_objects_stay_readable_after_a_commit(session: AsyncSession) -> None:
    probe = Probe(name="committed")
    session.add(probe)
    await session.commit()

    assert probe.name == "committed"
