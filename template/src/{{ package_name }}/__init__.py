"""Models, schemas and services on an async database."""
