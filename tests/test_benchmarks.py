"""The benchmarks work; how fast anything is, no test asks."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.measuring import costs
from benchmarks.plan import FLOOR, SUBJECTS
from benchmarks.projects import BACKENDS
from benchmarks.report import NAMES, Aim, Report
from benchmarks.results import Case, Results, Summary

from .matrix import environment

PLOTS = {"strategies.svg", "tables.svg", "tests.svg"}
SECTIONS = ["What is added to a test", "A test", "The leak detector", "More tables"]
SECTIONS += ["More tables and a test that writes", "More tests", "Two workers"]
SECTIONS += ["Start", "Copier", "Aims"]


def benchmarks(*arguments: str | Path) -> str:
    """Run the command and return what it prints."""
    command = [sys.executable, "-m", "benchmarks", *arguments]
    run = environment.run(environment.REPOSITORY, *command)
    assert run.returncode == 0, run.stderr
    return run.stdout


def tables(markdown: str) -> dict[str, list[list[str]]]:
    """Return the rows of each section's table, without its head."""
    found = {}
    for section in markdown.split("\n## ")[1:]:
        heading = section.partition("\n")[0].partition(",")[0]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        found[heading] = rows[2:]
    return found


def test_command_measures_everything_and_draws_it(tmp_path: Path) -> None:
    printed = benchmarks("--quick", "--output", tmp_path)

    found = tables(printed)
    assert list(found) == SECTIONS
    floor, *rows = found["A test"]
    assert floor[0] == NAMES[FLOOR]
    assert [row[:2] for row in rows] == [
        [NAMES[subject], f"`{backend}`"] for backend in BACKENDS for subject in SUBJECTS
    ]
    for row in rows:
        # The tutorial is not compared with itself.
        assert all(row) or (row[0] == NAMES["tutorial"] and all(row[:-1])), row
    for heading in SECTIONS[2:-1]:
        assert found[heading], heading
    assert {row[-1] for row in found["Aims"]} <= {"met", "**NOT met**", "not measured"}
    assert (tmp_path / "benchmarks.md").read_text() == printed
    plots = {path.name: path.read_bytes() for path in tmp_path.glob("*.svg")}
    assert plots.keys() == PLOTS
    for plot in plots.values():
        assert ElementTree.fromstring(plot).tag == "{http://www.w3.org/2000/svg}svg"
    for path in tmp_path.iterdir():
        assert str(environment.REPOSITORY) not in path.read_text()

    again = tmp_path / "again"
    again.mkdir()
    (tmp_path / "benchmarks.json").rename(again / "benchmarks.json")
    assert benchmarks("--draw", "--output", again) == printed
    assert {path.name: path.read_bytes() for path in again.glob("*.svg")} == plots


def test_readme_shows_what_was_last_measured() -> None:
    readme = (environment.REPOSITORY / "README.md").read_text()
    docs = environment.REPOSITORY / "docs"
    report = Report(Results.load(docs / "benchmarks.json"))

    assert report.choice() in readme
    assert report.markdown() == (docs / "benchmarks.md").read_text()
    plots = re.findall(r"!\[.+\]\(docs/(.+)\)", readme)
    assert set(plots) == PLOTS == {path.name for path in docs.glob("*.svg")}


def test_cost_of_a_test_leaves_out_the_first_and_the_last() -> None:
    milliseconds = [0, 500, 502, 505, 509, 900]
    starts = [("tests/test_empty.py", n * 1_000_000) for n in milliseconds]

    assert costs(starts) == {"test_empty": 3}


@pytest.mark.parametrize(
    ("aim", "verdict"),
    [
        (Aim("", 1.2, Summary(1.2, 1, 9, 5)), "met"),
        (Aim("", 1.2, Summary(1.3, 1, 9, 5)), "**NOT met**"),
        (Aim("", 12, Summary(11.9, 1, 9, 5), at_least=True), "**NOT met**"),
        (Aim("", 12, Summary(12, 1, 9, 5), at_least=True), "met"),
        (Aim("", 12, None), "not measured"),
    ],
)
def test_median_decides_whether_an_aim_is_met(aim: Aim, verdict: str) -> None:
    assert aim.verdict == verdict


def test_figures_are_compared_within_their_round() -> None:
    results = Results({"tables": [3], "numbers": [1]})
    floor = Case("empty test, ms", FLOOR, "", 3)
    tested = Case("empty test, ms", "rollback", "postgresql", 3)
    results.figures = {floor: [1, 5, 2], tested: [2, 6, 3, 99]}

    assert Report(results).added("rollback", "postgresql") == Summary(1, 1, 1, 3)


def test_figures_of_a_part_replace_those_that_are_there() -> None:
    start, copier = Case("process, s", "rollback"), Case("process, s", "copier copy")
    there = Results({"tables": [3]}, {"cores": 2}, {start: [1], copier: [2]})
    newer = Results({"tables": (3,)}, {"cores": 2}, {copier: [3, 4]})

    assert there.updated(newer).figures == {start: [1], copier: [3, 4]}


@pytest.mark.parametrize(
    "other", [Results({"tables": [4]}, {"cores": 2}), Results({"tables": [3]}, {})]
)
def test_figures_of_another_kind_of_run_are_not_mixed_in(other: Results) -> None:
    with pytest.raises(ValueError, match="come of other versions"):
        Results({"tables": [3]}, {"cores": 2}).updated(other)


def test_figures_survive_being_written_and_read(tmp_path: Path) -> None:
    figures = {Case("process, s", "rollback", "postgresql", 3, 1): [0.25, 0.5]}
    written = Results({"tables": [3]}, {"cores": 2}, figures)
    written.save(tmp_path / "figures.json")

    assert Results.load(tmp_path / "figures.json") == written
    assert json.loads((tmp_path / "figures.json").read_text())
