"""The application's settings."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from .database_url import DatabaseURL


class Settings(BaseSettings):
    """Settings from the environment, then from `.env` in the working directory.

    A missing or malformed setting raises `pydantic.ValidationError`. A setting of yours
    without a default needs a value in tests, too: set it in `tests/conftest.py`, with
    `os.environ.setdefault`.
    """

    model_config = SettingsConfigDict(
        alias_generator=str.upper,  # so that errors name the variable
        env_file=".env",
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    database_url: DatabaseURL = Field(default="", validate_default=True)

    # The pool of connections to PostgreSQL; SQLite does without these. How many stay
    # open, and how many more may be opened while all are in use, which takes long:
    database_pool_size: int = Field(default=15, ge=1)
    database_max_overflow: int = Field(default=0, ge=0)
    # Seconds to wait for a connection before giving up.
    database_pool_timeout: float = Field(default=30, gt=0)
    # Seconds after which a connection is replaced. Firewalls drop idle ones silently.
    database_pool_recycle: int = Field(default=1800, ge=1)
