"""One command adds an entity to a project: green, its own, and refused where wrong."""

import itertools
import shlex
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.facts import DRIVERS
from .matrix.postgresql import create_database
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import ANSWERS_FILE, Value, data
from .matrix.releases import release_working_tree, repository_of_release
from .matrix.repositories import CHANGED, add, changes, commit, update
from .matrix.terminals import in_terminal
from .matrix.updating import edit
from .scenarios import Make
from .test_readme import Newcomer

PLAIN = "name:str, nick:str(3)? unique, note:text, memo:text?, count:int index"
NUMBERS = "big:bigint=7, flag:bool=true, on:bool, ratio:float=0.5, weight:float?"
DECIMALS = "price:decimal(10,3)=1.5, cost:decimal(5)?, money:decimal(12,2)"
TIMES = """day:date, other_day:date?, at:datetime, seen_at:datetime?, made:datetime=now,
    begin:time, length:timedelta, wait:timedelta?"""
OTHERS = """key:uuid unique, token:uuid=new, data:json, extra:json?, more:json={},
    kind:enum(a, b_c)=a, mood:enum(good, bad)? index, sort:enum(x, y)"""
EVERY_TYPE = ", ".join((PLAIN, NUMBERS, DECIMALS, TIMES, OTHERS)).replace("\n", " ")
# What refers to one another, and to itself.
ENTITIES: list[dict[str, Value]] = [
    {"entity": "Gadget", "fields": EVERY_TYPE, "soft_delete": "true"},
    {"entity": "Supply", "fields": "gadget:ref, boss:ref(Supply)?, spare:ref(Gadget)?"},
    {"entity": "SupplyBox", "plural": "crates", "fields": "supply:ref unique, on:bool"},
    {"entity": "Depot", "fields": "supply:ref, remark:text(1)"},
]
OWN = "boss:ref(User)?, deputy:ref(User)?, note:str=factory"
# What they look like depends on these.
APIS, FACTORIES = ("none", "fastapi"), ("none", "factory-boy", "polyfactory")
BACKENDS = ("sqlite-memory", *DRIVERS, "sqlite-and-postgresql")
CASES = [
    ("fastapi", "none", "alembic", True, "asyncpg"),
    ("fastapi", "factory-boy", "alembic", False, "psycopg"),
    ("none", "polyfactory", "none", True, "sqlite-and-postgresql"),
    ("fastapi", "polyfactory", "none", False, "sqlite-memory"),
    ("none", "none", "alembic", False, "sqlite-and-postgresql"),
    ("fastapi", "factory-boy", "alembic", True, "sqlite-memory"),
]
ALL = [
    *itertools.product(APIS, FACTORIES, ("alembic", "none"), (True, False), BACKENDS)
]
Case = tuple[str, str, str, bool, str]


def answers_of(case: Case) -> dict[str, Value]:
    """Return the answers of a case; a driver stands for PostgreSQL alone."""
    api, factories, migrations, example, backend = case
    found: dict[str, Value] = {"api": api, "factories": factories}
    found |= {"migrations": migrations, "example": example, "backend": backend}
    if backend in DRIVERS:
        found |= {"backend": "postgresql", "postgres_driver": backend}
    return found


def add_entity(root: Path, template: Path, **answers: Value) -> str:
    """Add an entity to a project; return what Copier says at the end."""
    given = data({"scope": "entity"} | answers)
    done = environment.copier(root, "copy", *given, template, ".")
    assert done.returncode == 0, done.stderr
    return done.stderr


def commands(message: str) -> list[list[str]]:
    """Return the commands in a message."""
    lines = [line for line in message.splitlines() if line.startswith("  uv run ")]
    return [shlex.split(part) for line in lines for part in line.split(" && ")]


@pytest.mark.one_of("case")
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
def test_entities_are_green_after_the_commands_that_are_printed(
    make: Make, template: Path, server: int, own: Path, tmp_path: Path, case: Case
) -> None:
    project = make(**answers_of(case))
    url = f"sqlite:///{tmp_path}/app.db"
    if case[-1] in (*DRIVERS, "sqlite-and-postgresql"):
        url = create_database(server, tmp_path.name)
    (project.root / ".env").write_text(f"DATABASE_URL={url}\n")
    developer = Newcomer(project, url, own / "mypy")
    before = {path: path.read_text() for path in project.root.rglob("*.py")}

    for entity in ENTITIES:
        for command in commands(add_entity(project.root, template, **entity)):
            if command[-1] != "pytest" or entity is ENTITIES[-1]:
                developer.run(command)

    databases = ["--database", "all"] if case[-1] == BACKENDS[-1] else []
    developer.run(["uv", "run", "pytest", "--cov", *databases])
    assert {path: path.read_text() for path in before} == before
    if "alembic" in case:
        for target in ("upgrade head", "downgrade base", "upgrade head"):
            developer.run(["uv", "run", "alembic", *target.split()])


@pytest.mark.every
@pytest.mark.parametrize("case", ALL, ids=lambda case: "-".join(map(str, case)))
def test_entities_read_as_if_written_by_hand(
    make: Make, template: Path, case: Case
) -> None:
    project = make(**answers_of(case))
    long: dict[str, Value] = {"entity": "PurchaseOrderPosition"}
    long["fields"] = "name:str unique, latest_delivery_date:date?, gadget:ref"
    # What has the names of types and imports, and what is just too long for a line.
    names: dict[str, Value] = {"entity": "User", "soft_delete": "true"}
    names["fields"] = (
        f"time:str, at:time, is_open:enum(token)=token, isolation:enum(a), {OWN}"
    )
    for entity in (*ENTITIES, long, names):
        add_entity(project.root, template, **entity)
    project.run("ruff", "format", "--check", ".")

    # The longest names are wrapped by the command that is printed.
    longest: dict[str, Value] = {"entity": "A" + "b" * 23, "plural": "x" * 32}
    longest["fields"] = f"{'c' * 30}:enum(d)? unique, e:ref(Gadget)"
    add_entity(project.root, template, **longest, soft_delete="true")
    project.run("ruff", "format", ".")
    project.run("ruff", "check", ".")
    project.run("mypy")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"entity": "invoice"}, "Write it like InvoiceLine."),
        ({"entity": "INVOICE"}, "Write it like InvoiceLine."),
        ({"entity": "A" + "b" * 24}, "Use 24 characters at most."),
        ({"entity": "Class"}, "the code uses this"),
        ({"entity": "Session"}, "the code uses this"),
        ({"entity": "Client"}, "the code uses this"),
        ({"entity": "Object"}, "the code uses this"),
        ({"entity": "Testimonial"}, "pytest would take it for tests."),
        ({"entity": "WorKer"}, "Another model has its table."),
        ({"entity": "Task"}, "src/task_tracker/models/task.py exists."),
        ({"entity": "Health"}, "src/task_tracker/api/health.py exists."),
        ({"plural": "Invoices"}, "Write it like invoice_lines."),
        ({"plural": "invoice"}, "differ from the singular"),
        ({"plural": "i" * 33}, "Use 32 characters at most."),
        ({"plural": "tasks"}, "This path is taken."),
        ({"plural": "docs"}, "This path is taken."),
        ({"entity": "Log", "plural": "logging"}, "tests/test_logging.py exists."),
        ({"soft_delete": "perhaps"}, "Invalid choice"),
        ({"fields": ""}, "Write them like"),
        ({"fields": "a:int,"}, "Write them like"),
        ({"fields": "a:str(20"}, "Write them like"),
        ({"fields": "a int"}, "a int: write it like"),
        ({"fields": "A:int"}, "A:int: write it like"),
        ({"fields": "a:int uniq"}, "a:int uniq: write it like"),
        ({"fields": "a:int="}, "a:int=: write it like"),
        ({"fields": "a:integer"}, "a:integer: no such type; there are str, text, int"),
        ({"fields": "a:int, a:str"}, "a:str: another field has this name"),
        ({"fields": "task:ref, task_id:int"}, "task_id:int: another field"),
        ({"fields": "parent:ref(Invoice)?, children:int"}, "another field"),
        ({"fields": "status:enum(a), invoice_status:str"}, "another field"),
        ({"fields": "deleted_at:date", "soft_delete": "true"}, "another field"),
        ({"fields": "class:str"}, "class:str: it needs another name"),
        ({"fields": "metadata:json"}, "metadata:json: it needs another name"),
        ({"fields": "model_name:str"}, "model_name:str: it needs another name"),
        ({"fields": "update:enum(a)"}, "update:enum(a): it needs another name"),
        ({"fields": "items:ref(Task)"}, "items:ref(Task): it needs another name"),
        ({"fields": "a:str(0)"}, "a:str(0): its size is the most characters"),
        ({"fields": "a:int(4)"}, "a:int(4): int takes no size"),
        ({"fields": "a:decimal"}, "a:decimal: write its digits"),
        ({"fields": "a:decimal(2,2)"}, "a:decimal(2,2): write its digits"),
        ({"fields": "a:decimal(19,2)"}, "a:decimal(19,2): write its digits"),
        ({"fields": "a:enum(Draft)"}, "a:enum(Draft): write its members"),
        ({"fields": "a:enum(b, b)"}, "a:enum(b, b): write its members"),
        ({"fields": "a:enum(b)=c"}, "its default is none of its members"),
        ({"fields": "a:decimal(3,1)=1.23"}, "its default has too many digits"),
        ({"fields": "a:bool=yes"}, "its default is true or false"),
        ({"fields": "a:str(2)=abc"}, "this cannot be its default"),
        ({"fields": 'a:str=b"c'}, "this cannot be its default"),
        ({"fields": "a:str=" + "b" * 61}, "this cannot be its default"),
        ({"fields": "token:str=b"}, "this cannot be its default"),
        ({"fields": "a:date=2030-01-01"}, "it takes no default"),
        ({"fields": "task:ref=1"}, "it takes no default"),
        ({"fields": "customer:ref"}, "there is no models/customer.py"),
        ({"fields": "a:ref(Invoice)"}, "the first one would have to refer to itself"),
        ({"fields": "a:ref(task)"}, "name what it refers to"),
        ({"fields": "a:ref(TASK)"}, "name what it refers to"),
        ({"fields": "a:ref(Base)"}, "name what it refers to"),
        ({"module": "invoice"}, "It is computed. Leave it out."),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_before_anything_is_written(
    make: Make, template: Path, wrong: dict[str, str], told: str
) -> None:
    project = make(api="fastapi")
    before = sorted(project.root.rglob("*"))
    given = {"scope": "entity", "entity": "Invoice", "fields": "number:str"} | wrong

    done = environment.copier(project.root, "copy", *data(given), template, ".")

    assert done.returncode != 0
    assert told in done.stderr.splitlines()[-1]
    assert sorted(project.root.rglob("*")) == before


def test_command_in_the_readme_writes_what_is_shown_there(
    make: Make, template: Path
) -> None:
    project = make(api="fastapi")
    commit(project.root)
    readme = (environment.REPOSITORY / "README.md").read_text()
    section = readme.partition("## Add an entity")[2].partition("\n## ")[0]
    _, command, _, tree, _ = section.split("```")
    words = shlex.split(command.removeprefix("sh\n"))
    assert words[:5] == ["python3", "-m", "uv", "tool", "run"]
    words[-2:] = [str(template), str(project.root)]

    done = environment.run(project.root, *words[5:])

    assert done.returncode == 0, done.stderr
    types = [f"src/task_tracker/{folder}/types.py" for folder in ("models", "schemas")]
    assert {*changes(project.root)} == {
        *tree.split(),
        *types,
        "tests/fixtures/__init__.py",
    }


def test_entity_needs_a_project_and_is_added_once(
    make: Make, template: Path, tmp_path: Path
) -> None:
    given = data({"scope": "entity", "entity": "Invoice", "fields": "number:str"})
    empty = tmp_path / "empty"
    empty.mkdir()
    done = environment.copier(empty, "copy", *given, template, ".")
    assert "No project of this template is here." in done.stderr
    assert not [*empty.iterdir()]

    project = make()
    for told in ("", "src/task_tracker/models/invoice.py exists."):
        done = environment.copier(project.root, "copy", *given, template, ".")
        assert (done.returncode == 0) == (told == "")
        assert told in done.stderr


def test_terminal_asks_for_an_entity(make: Make, template: Path) -> None:
    root = make().root
    replies = {"What is one called?": "Address", "And several?": ""}
    replies |= {"Can one be hidden": "", "Its fields": "city:str, task:ref?"}
    command = ["copier", "copy", *data({"scope": "entity"}), str(template), "."]

    status, output = in_terminal(root, replies, *command)

    assert status == 0, output
    assert (root / "tests/test_addresses.py").exists()


def test_types_come_with_the_fields_that_need_them(make: Make, template: Path) -> None:
    package = make().root / "src/task_tracker"
    types = [package / "schemas/types.py", package / "models/types.py"]
    for entity, kind, come in [
        ("A1a", "str", 0),
        ("B1b", "int", 1),
        ("C1c", "decimal(5,2)", 2),
    ]:
        add_entity(package.parents[1], template, entity=entity, fields=f"a:{kind}")
        assert [path.exists() for path in types] == [come > 0, come > 1]


def test_update_leaves_an_entity_alone(template: Path, tmp_path: Path) -> None:
    source = shutil.copytree(template, tmp_path / "template", symlinks=True)
    commit(source, "0.1.0")
    root = tmp_path / "project"
    options = data({"api": "fastapi", "factories": "polyfactory"})
    environment.copier(tmp_path, "copy", *options, source, root)
    commit(root)
    answers = (root / ANSWERS_FILE).read_text()
    add_entity(root, source, entity="Invoice", fields="task:ref, paid:bool")
    new = changes(root)
    assert (root / ANSWERS_FILE).read_text() == answers
    for path in new:
        add(root / path)
    commit(root)
    kept = {path: (root / path).read_text() for path in new}
    (source / "template/tests/harness/leaks.py").write_text(CHANGED)
    for path in ("services/pages.py", "schemas/fields.py", "modules.py"):
        add(source / "template/src/{{ package_name }}" / path)
    commit(source, "0.2.0")

    update(root)

    assert changes(root) == [ANSWERS_FILE, "tests/harness/leaks.py"]
    assert {path: (root / path).read_text() for path in new} == kept


def test_project_of_the_first_release_takes_an_entity(
    template: Path, render: Renderer, own: Path, tmp_path: Path
) -> None:
    repository = repository_of_release(tmp_path / "template", "0.1.0")
    root = tmp_path / "project"
    environment.copier(tmp_path, "copy", "--vcs-ref=0.1.0", repository, root)
    commit(root)
    release_working_tree(repository)
    given = data({"scope": "entity"} | ENTITIES[0])
    done = environment.copier(root, "copy", *given, repository, ".")
    assert "Run `copier update` first." in done.stderr
    update(root)
    commit(root)

    message = add_entity(root, repository, **ENTITIES[0])

    lines = [line.strip() for line in message.splitlines()]
    [register] = [line for line in lines if line.startswith("from .gadget import")]
    edit(root / "src/task_tracker/models/__init__.py", "", f"\n{register}\n")
    project = Project(render().answers, root)
    developer = Newcomer(project, "sqlite:///app.db", own / "mypy")
    (root / ".env").write_text("DATABASE_URL=sqlite:///app.db\n")
    developer.run(["uv", "run", "ruff", "check", "--fix"])
    for command in commands(message):
        developer.run(command)
