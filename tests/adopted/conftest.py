"""Keeps the tests of the applications here from running where they are."""

collect_ignore_glob = ["*"]
