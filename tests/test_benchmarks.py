"""The benchmarks work; how fast anything is, no test asks."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.costs import Costs
from benchmarks.load import MISSING, OPERATIONS, WRK, Load
from benchmarks.measuring import costs
from benchmarks.plan import BACKENDS, LOAD, QUICK, SUBJECTS, Task
from benchmarks.report import NAMES, Aim, markdown
from benchmarks.results import EMPTY, FAILED, FLOOR, PROCESS, Case, Results, Summary

from .matrix import environment
from .matrix.projects import Renderer

PLOTS = {"strategies.svg", "tables.svg", "tests.svg", "trips.svg"}
SECTIONS = ["What is added to a test", "A test", "Next to the recipe"]
SECTIONS += ["Trips to PostgreSQL"]
SECTIONS += ["The leak detector", "More tables", "More tables and a test that writes"]
SECTIONS += ["More tests", "Two workers", "Memory", "Start", "Copier", "Adoption"]
SECTIONS += ["Aims"]


def benchmarks(*arguments: str | Path) -> str:
    """Run the command and return what it prints."""
    command = [sys.executable, "-m", "benchmarks", *arguments]
    run = environment.run(environment.REPOSITORY, *command)
    assert run.returncode == 0, run.stderr
    return run.stdout


def tables(page: str) -> dict[str, list[list[str]]]:
    """Return the rows of each section's table, without its head."""
    found = {}
    for section in page.split("\n## ")[1:]:
        heading = section.partition("\n")[0].partition(",")[0]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        found[heading] = rows[2:]
    return found


@pytest.mark.every
def test_command_measures_everything_and_draws_it(tmp_path: Path) -> None:
    printed = benchmarks("--quick", "--output", tmp_path)

    found = tables(printed)
    assert list(found) == SECTIONS
    assert all(found.values())
    floor, *rows = found["A test"]
    assert floor[0] == NAMES[FLOOR]
    assert len(rows) == len(BACKENDS) * len(SUBJECTS)
    for row in rows:
        # The tutorial is not compared with itself.
        assert all(row[:-1] if row[0] == NAMES["tutorial"] else row), row
    assert {row[-1] for row in found["Aims"]} <= {"met", "**NOT met**", "not measured"}
    assert (tmp_path / "benchmarks.md").read_text() == printed
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written.keys() == {*PLOTS, "benchmarks.json", "benchmarks.md"}
    assert not any(str(environment.REPOSITORY) in text for text in written.values())

    assert benchmarks("--draw", "--output", tmp_path) == printed
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == written
    updated = benchmarks("--quick", "--only", "copier", "--output", tmp_path)
    assert tables(updated)["A test"] == found["A test"]
    assert tables(updated)["Copier"] != found["Copier"]


@pytest.mark.every
@pytest.mark.skipif(not shutil.which(WRK), reason=MISSING)
def test_both_applications_answer_under_load(render: Renderer, tmp_path: Path) -> None:
    found = Load(render, tmp_path / "load", tmp_path, QUICK).measure(
        Task(LOAD, 1, "both", "sqlite-file")
    )

    assert len(found) == len(OPERATIONS) * 2 * 2
    for case, figure in found.items():
        assert (figure == 0) == case.measure.startswith(FAILED), case


def test_readme_shows_what_was_last_measured() -> None:
    readme = (environment.REPOSITORY / "README.md").read_text()
    docs = environment.REPOSITORY / "docs"

    page = markdown(Results.load(docs / "benchmarks.json"))

    assert page == (docs / "benchmarks.md").read_text()
    for heading in ("What is added", "Adoption"):
        section = page[page.index(f"## {heading}") :]
        assert section[section.index("|") :].partition("\n\n")[0] in readme
    assert set(re.findall(r"!\[.+\]\(docs/(.+)\)", readme)) >= PLOTS


def test_cost_of_a_test_leaves_out_the_first_and_the_last() -> None:
    starts = [("tests/test_empty.py", n * 1_000_000) for n in (0, 500, 502, 505, 900)]

    assert costs(starts) == {"test_empty": 2.5}


@pytest.mark.parametrize("limit", [0.9, 1, 2])
@pytest.mark.parametrize("at_least", [False, True])
def test_median_of_the_worst_decides(limit: float, at_least: bool) -> None:
    found = {"rollback": Summary(1, 0, 9, 5), "truncate": Summary(2, 0, 9, 5)}
    aim = Aim("", lambda name, _: found.get(name), list(found), {"": limit}, at_least)

    [[text, _, verdict]] = aim.rows()

    assert text.startswith("`rollback`" if at_least else "`truncate`")
    met = limit <= 1 if at_least else limit >= 2
    assert verdict == ("met" if met else "**NOT met**")


def test_figures_are_compared_within_their_round() -> None:
    results = Results({"tables": [3], "numbers": [1]})
    results.figures[Case(EMPTY, FLOOR, "", 3)] = [1, 5, 2]
    results.figures[Case(EMPTY, "rollback", "postgresql", 3)] = [2, 6, 3, 99]

    assert Costs(results).added()("rollback", "postgresql") == Summary(1, 1, 1, 3)


def test_figures_of_a_part_replace_those_that_are_there_if_they_fit() -> None:
    start, copier = Case(PROCESS, "rollback"), Case(PROCESS, "copier copy")
    there = Results({"tables": [3]}, {"cores": 2}, {start: [1], copier: [2]})
    newer = Results({"tables": (3,)}, {"cores": 2}, {copier: [3, 4]})

    assert there.updated(newer).figures == {start: [1], copier: [3, 4]}
    for other in Results({"tables": [4]}, {"cores": 2}), Results({"tables": [3]}):
        with pytest.raises(ValueError, match="come of other versions"):
            there.updated(other)
