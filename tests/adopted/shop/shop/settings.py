"""Settings, from the environment or from a file `.env`."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the deployment decides."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    database_url: str = "sqlite+aiosqlite:///shop.db"
    low_stock: int = 3


settings = Settings()
