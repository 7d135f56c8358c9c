# fmt: off; isort: skip_file
"""Isolation by snapshot on SQLite: what has changed is copied back."""

from .sqlite import SQLite


class Changes:
    """Changes of `database`, which SQLite counts."""

    def __init__(self, database: SQLite) -> None:
        self._database = database
        self.mark()

    def mark(self) -> None:
        """Note that the database is as prepared."""
        self._commits = self._pragma("data_version")  # by other connections
        self._schema = self._pragma("schema_version")

    def are_none(self) -> bool:
        """Return whether nothing was committed."""
        self._database.check_lock()
        return self._commits == self._pragma("data_version")

    def have_schema(self) -> bool:
        """Return whether the schema was changed."""
        return self._schema != self._pragma("schema_version")

    async def undo(self, _problems: list[str]) -> bool:
        """Undo what was committed; return whether anything had been."""
        if self.are_none():
            return False
        version = self._pragma("schema_version")
        self._database.copy()
        if version == self._schema:
            # The copy has raised it, so that all connections would read the same
            # schema again, which takes longer than the copy.
            self._database.anchor.execute(f"PRAGMA schema_version={version}")
        self.mark()
        return True

    def _pragma(self, name: str) -> int:
        return int(self._database.anchor.execute(f"PRAGMA {name}").fetchone()[0])
