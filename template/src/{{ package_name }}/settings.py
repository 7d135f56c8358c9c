"""The application's settings."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings from the environment, then from `.env` in the working directory.

    A missing or malformed setting raises `pydantic.ValidationError`.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    database_url: str
