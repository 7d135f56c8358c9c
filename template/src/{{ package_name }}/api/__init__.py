"""The HTTP API: it translates between requests and services."""
