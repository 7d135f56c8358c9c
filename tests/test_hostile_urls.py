"""The guard's rules, as a function: hostile URLs are refused, friendly ones accepted.

The same through pytest, for a few of the URLs, is in `test_guard.py`.
"""

import os
from pathlib import Path

import pytest
from sqlalchemy import make_url

from template.tests.harness import guard

from .hostile_urls import (
    ALLOWED,
    FRIENDLY,
    HOSTILE,
    LOGIN,
    OWN,
    OWN_URL,
    REFUSED,
    SECRETS,
)


def fill(text: str) -> str:
    """Return a text with the words in braces replaced."""
    own = OWN_URL.format(port=54321)
    return text.format(port=54321, trap=54322, traps="/traps", own=own)


@pytest.mark.parametrize(("url", "reason", "own", "allowed"), REFUSED)
def test_hostile_url_is_refused_with_a_fix_and_no_part_of_a_password(
    url: str, reason: str, own: str, allowed: tuple[str, ...]
) -> None:
    with pytest.raises(pytest.UsageError) as refusal:
        guard.check(fill(url), fill(own), allowed)

    message = str(refusal.value)
    assert reason in message
    assert "Fix: " in message or "Write it as postgresql://" in message
    assert not [part for part in SECRETS if part in message]


def test_hostile_urls_are_many_and_differ() -> None:
    urls = [url for url, _ in HOSTILE]
    assert len(urls) == len(set(urls)) >= 230


@pytest.mark.parametrize("rest", FRIENDLY)
def test_friendly_url_is_accepted(rest: str) -> None:
    url = fill(f"postgresql://{rest}")
    # The application's database is on the same server.
    own = fill(f"postgresql://{LOGIN}@127.0.0.1:{{port}}/precious")

    assert guard.check(url, own, ALLOWED) == make_url(url)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, no variables that are about databases, and both restored."""
    monkeypatch.chdir(tmp_path)
    # What is set in the test is restored as well.
    monkeypatch.setenv("TEST_APPLICATION_DATABASE_URL", "")
    for name in list(os.environ):
        if "DATABASE_URL" in name.upper() or name.startswith(("PG", "PYTEST_XDIST")):
            monkeypatch.delenv(name)


IN_WORKER = {"PYTEST_XDIST_WORKER": "gw0"}
REMEMBERED = "TEST_APPLICATION_DATABASE_URL"


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        ("DATABASE_URL={own}", {}),
        ("export database_url='{own}'", {}),
        ("DATABASE_URL=sqlite://\nDatabase_Url={own}", {}),
        ("NAME=own\nDATABASE_URL=postgresql://localhost/${{NAME}}_test", {}),
        ("DATABASE_URL=sqlite://", {"DATABASE_URL": "{own}"}),
        ("DATABASE_URL=sqlite://", {"Database_Url": "{own}"}),
        ("", {"DATABASE_URL": "sqlite://", "database_url": "{own}"}),
        # As in a test of a project whose own tests run in pytest-xdist.
        ("DATABASE_URL={own}", IN_WORKER),
        ("DATABASE_URL={own}", {REMEMBERED: "sqlite://"}),
        # As in a worker, whose main process has overwritten the variable.
        ("", {**IN_WORKER, REMEMBERED: "{own}", "DATABASE_URL": "sqlite://"}),
    ],
)
@pytest.mark.usefixtures("clean_environment")
def test_application_database_is_refused_wherever_it_is_set(
    monkeypatch: pytest.MonkeyPatch, file: str, variables: dict[str, str]
) -> None:
    Path(".env").write_text(fill(file))
    for name, value in variables.items():
        monkeypatch.setenv(name, fill(value))

    with pytest.raises(pytest.UsageError, match=OWN):
        guard.check(fill(OWN_URL), guard.application_database_url(), ())


@pytest.mark.usefixtures("clean_environment")
def test_variables_that_lead_drivers_elsewhere_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leading = ["PGDATABASE", "PGHOST", "PGHOSTADDR", "PGOPTIONS", "PGPORT"]
    leading += ["PGSERVICE", "PGSERVICEFILE", "PGTARGETSESSIONATTRS"]
    for name in [*leading, "PGUSER", "PGPASSWORD", "PGSSLMODE"]:
        monkeypatch.setenv(name, "x")
    guard.forget_redirections()

    left = {name for name in os.environ if name.startswith("PG")}
    assert left == {"PGUSER", "PGPASSWORD", "PGSSLMODE"}
