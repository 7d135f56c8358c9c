"""The base class of the models does for any model what its docstring says."""

import shutil

from .matrix.environment import FILES
from .matrix.runner import run_pytest
from .scenarios import Make

OPTIONS = ["-q", "--tb=short", "-n0", "-p", "no:randomly"]


def test_values_get_into_objects_as_sqlalchemy_has_them(make: Make) -> None:
    project = make(backend="sqlite-memory")
    test = shutil.copy(
        FILES / "base_models.py", project.root / "tests" / "test_base_models.py"
    )
    run = run_pytest(project.root, [*OPTIONS, str(test)])

    assert run.status == 0, run.output
    assert len(run.outcomes) > 50


def test_models_on_plain_sqlalchemy_are_seen_by_tests_and_migrations(
    make: Make,
) -> None:
    project, url = make(backend="sqlite-file"), "sqlite:///plain.db"
    models = project.root / "src" / project.package / "models"
    shutil.copy(FILES / "plain_label.py", models / "label.py")
    with (models / "__init__.py").open("a") as file:
        file.write("from .label import Label as Label\n")
    test = shutil.copy(
        FILES / "plain_labels.py", project.root / "tests" / "test_labels.py"
    )

    project.run("alembic", "upgrade", "head", DATABASE_URL=url)
    command = ["alembic", "revision", "--autogenerate", "-m", "Add labels"]
    project.run(*command, DATABASE_URL=url)
    project.run("alembic", "upgrade", "head", DATABASE_URL=url)
    project.run("alembic", "check", DATABASE_URL=url)
    migrations = "tests/harness/test_migrations.py"
    run = run_pytest(project.root, [*OPTIONS, str(test), migrations])
    assert run.status == 0, run.output
    assert "passed" in run.outcomes.values()
