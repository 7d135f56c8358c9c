# fmt: off; isort: skip_file
"""The migrations of the database: `versions/` has one file for each change."""
