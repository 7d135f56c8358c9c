"""The guard's rules, as a function: hostile URLs are refused, friendly ones accepted.

The same through pytest, for a few of the URLs, is in `test_guard.py`.
"""

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from .hostile_urls import (
    ALLOWED,
    BESIDE_ALLOWED,
    FRIENDLY,
    HOSTILE,
    LOGIN,
    OWN,
    OWN_URL,
    SAME_AS_OWN,
    SECRETS,
)


@pytest.fixture(scope="module")
def guard(template: Path) -> Any:
    """The module of the harness that has the rules."""
    path = template / "template" / "tests" / "harness" / "guard.py"
    spec = importlib.util.spec_from_file_location("guard", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill(url: str) -> str:
    """Return a URL with the words in braces replaced."""
    return url.format(port=54321, trap=54322, traps="/traps")


def assert_refused(
    guard: Any, url: str, reason: str, own: str = "", allowed: tuple[str, ...] = ()
) -> None:
    """Fail unless the guard refuses a URL, and says why and no part of a password."""
    with pytest.raises(pytest.UsageError) as refusal:
        guard.check(fill(url), fill(own), allowed)
    message = str(refusal.value)
    assert reason in message
    assert "Fix: " in message or "Write it as postgresql://" in message
    assert not [part for part in SECRETS if part in message]


@pytest.mark.parametrize(("url", "reason"), HOSTILE)
def test_hostile_url_is_refused(guard: Any, url: str, reason: str) -> None:
    assert_refused(guard, url, reason)


def test_hostile_urls_are_many_and_differ() -> None:
    urls = [url for url, _ in HOSTILE]
    assert len(urls) == len(set(urls)) >= 230


@pytest.mark.parametrize(("rest", "reason"), BESIDE_ALLOWED)
def test_allowing_hosts_allows_nothing_else(guard: Any, rest: str, reason: str) -> None:
    assert_refused(guard, f"postgresql://{LOGIN}@{rest}", reason, allowed=ALLOWED)


@pytest.mark.parametrize("application", SAME_AS_OWN)
def test_application_database_is_refused_however_it_is_written(
    guard: Any, application: str
) -> None:
    assert_refused(guard, OWN_URL, OWN, application)


@pytest.mark.parametrize("application", ["letmein", "postgresql://app:letmein@h:x/a"])
def test_unreadable_application_database_is_named_but_not_quoted(
    guard: Any, application: str
) -> None:
    url = "postgresql://127.0.0.1/shop_test"
    assert_refused(guard, url, "DATABASE_URL is not a database URL", application)


@pytest.mark.parametrize("rest", FRIENDLY)
@pytest.mark.parametrize("kind", ["postgresql", "postgresql+psycopg2"])
def test_friendly_url_is_accepted(guard: Any, kind: str, rest: str) -> None:
    url = fill(f"{kind}://{rest}")
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


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        ("DATABASE_URL={own}", {}),
        ("export database_url='{own}'", {}),
        ("DATABASE_URL=sqlite://\nDatabase_Url={own}", {}),
        ("NAME=own\nDATABASE_URL=postgresql://localhost/${NAME}_test", {}),
        ("DATABASE_URL=sqlite://", {"DATABASE_URL": "{own}"}),
        ("DATABASE_URL=sqlite://", {"Database_Url": "{own}"}),
        ("", {"DATABASE_URL": "sqlite://", "database_url": "{own}"}),
        # As in a test of a project whose own tests run in pytest-xdist.
        ("DATABASE_URL={own}", {"PYTEST_XDIST_WORKER": "gw0"}),
        ("DATABASE_URL={own}", {"TEST_APPLICATION_DATABASE_URL": "sqlite://"}),
        # As in a worker, whose main process has overwritten the variable.
        (
            "",
            {
                "PYTEST_XDIST_WORKER": "gw0",
                "TEST_APPLICATION_DATABASE_URL": "{own}",
                "DATABASE_URL": "sqlite://",
            },
        ),
    ],
)
@pytest.mark.usefixtures("clean_environment")
def test_application_database_is_refused_wherever_it_is_set(
    guard: Any, monkeypatch: pytest.MonkeyPatch, file: str, variables: dict[str, str]
) -> None:
    Path(".env").write_text(file.replace("{own}", fill(OWN_URL)))
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("{own}", fill(OWN_URL)))

    assert_refused(guard, OWN_URL, OWN, guard.application_database_url())


@pytest.mark.usefixtures("clean_environment")
def test_variables_that_lead_drivers_elsewhere_are_forgotten(
    guard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    leading = ["PGDATABASE", "PGHOST", "PGHOSTADDR", "PGOPTIONS", "PGPORT"]
    leading += ["PGSERVICE", "PGSERVICEFILE", "PGTARGETSESSIONATTRS"]
    for name in [*leading, "PGUSER", "PGPASSWORD", "PGSSLMODE"]:
        monkeypatch.setenv(name, "x")
    guard.forget_redirections()

    left = {name for name in os.environ if name.startswith("PG")}
    assert left == {"PGUSER", "PGPASSWORD", "PGSSLMODE"}
