"""Conftests to compare with, and the tests that all of them run."""
