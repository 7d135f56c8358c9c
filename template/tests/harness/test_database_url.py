# fmt: off; isort: skip_file
"""What `DATABASE_URL` may be, whatever the database."""

import pytest
from pydantic import ValidationError

from .application import Settings


def check_url_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, advice: str
) -> None:
    """Fail unless a URL is refused with this advice, and not shown."""
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ValidationError, match="DATABASE_URL") as refusal:
        Settings()

    assert advice in str(refusal.value)
    assert "letmein" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("", "copy .env.example"),
        ("letmein", "write it as"),
        ("postgresql://ada:letmein@db:port/app", "write it as"),
        ("mysql://ada:letmein@db/app", "the application runs on"),
    ],
)
def test_wrong_database_url_is_refused_with_advice_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, url: str, advice: str
) -> None:
    check_url_is_refused(monkeypatch, url, advice)
