# fmt: off; isort: skip_file
"""How the application is told where its database is."""

from collections.abc import Mapping

from sqlalchemy import URL

NAMES = ("DATABASE_URL",)  # of the variables
TAKES_A_SOCKET = True  # a URL without a host, and with ?host=/directory


def variables_of(url: URL) -> dict[str, str]:
    """Return the variables that make a database the application's."""
    return {"DATABASE_URL": url.render_as_string(hide_password=False)}


def url_in(variables: Mapping[str, str | None]) -> str:
    """Return the URL of the database that is named, or an empty string."""
    return variables.get("DATABASE_URL") or ""
