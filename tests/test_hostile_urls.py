"""The guard's rules, as a function: hostile URLs are refused, friendly ones accepted.

The same through pytest, for a few of the URLs, is in `test_guard.py`.
"""

import os
from pathlib import Path

import pytest
from sqlalchemy import make_url

from template.tests import harness

from .hostile_urls import ALLOWED, FRIENDLY, LOGIN, OWN, OWN_URL, REFUSED, SECRETS
from .matrix.environment import REPOSITORY

# Rendered, it is in the same folder.
APPLICATION = REPOSITORY / "template/tests/harness{# its application #}"
harness.__path__.append(str(APPLICATION))

from template.tests.harness import guard  # noqa: E402


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


def test_hostile_urls_are_many() -> None:
    assert len({url for url, *_ in REFUSED}) >= 230


@pytest.mark.parametrize("rest", FRIENDLY)
def test_friendly_url_is_accepted(rest: str) -> None:
    url = fill(f"postgresql://{rest}")
    # The application's database is on the same server.
    own = fill(f"postgresql://{LOGIN}@127.0.0.1:{{port}}/precious")

    assert guard.check(url, own, ALLOWED) == make_url(url)


IN_WORKER = {"PYTEST_XDIST_WORKER": "gw0"}
REMEMBERED = "TEST_APPLICATION_DATABASE_URL"


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        ("DATABASE_URL={own}", {}),
        ("DATABASE_URL=sqlite://\nDatabase_Url={own}", {}),
        ("NAME=own\nDATABASE_URL=postgresql://localhost/${{NAME}}_test", {}),
        ("DATABASE_URL=sqlite://", {"DATABASE_URL": "{own}"}),
        ("", {"DATABASE_URL": "sqlite://", "database_url": "{own}"}),
        # As in a test of a project whose own tests run in pytest-xdist.
        ("DATABASE_URL={own}", IN_WORKER),
        ("DATABASE_URL={own}", {REMEMBERED: "sqlite://"}),
        # As in a worker, whose main process has overwritten the variable.
        ("", {**IN_WORKER, REMEMBERED: "{own}", "DATABASE_URL": "sqlite://"}),
    ],
)
def test_application_database_is_refused_wherever_it_is_set(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    file: str,
    variables: dict[str, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(fill(file))
    own = {name: fill(value) for name, value in variables.items()}
    monkeypatch.setattr(os, "environ", own)

    with pytest.raises(pytest.UsageError, match=OWN):
        guard.check(fill(OWN_URL), guard.application_database_url(), ())
