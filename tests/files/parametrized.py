"""Tests of which the plain command leaves out some."""

import pytest


@pytest.mark.every
def test_long(): ...


@pytest.mark.one_of("database")
@pytest.mark.parametrize("fault", ["killed", "full", "slow"])
@pytest.mark.parametrize("database", ["first", "second"])
def test_in_turns(fault, database): ...


@pytest.mark.one_of("database", first=True)
@pytest.mark.parametrize(("fault", "database"), [("full", 1), ("full", 2), ("slow", 2)])
def test_first(fault, database): ...


def test_short(): ...
