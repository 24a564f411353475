"""The shape of the program, held by its own source: who may import whom, who may touch the world, and that nothing is left out."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import caravan
from caravan import commands as c
from caravan import events as e
from caravan.coordination.authority import MAY
from caravan.coordination.turn import ANSWERS, LISTENERS
from caravan.fold.moves import FOLDS as FOLDS  # pyright: ignore[reportPrivateUsage]  # the one table there is
from caravan.server.web.api.commands import NOT_ROUTED, ROUTES

PACKAGE = Path(caravan.__file__).parent
ROOT = PACKAGE.parent
MODULES: dict[str, ast.Module] = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
# The only parts that may read a clock, a file, a socket or chance.
WORLDLY = ("caravan/server/", "caravan/cli/", "caravan/__main__.py")
WORLD = frozenset(
    {
        "aiosqlite", "alembic", "apscheduler", "asyncio", "glob", "http", "httpx", "io", "litestar", "logging", "multiprocessing",
        "os", "random", "requests", "rich", "secrets", "shutil", "signal", "socket", "sqlalchemy", "sqlite3", "sqlmodel",
        "subprocess", "sys", "tempfile", "threading", "time", "typer", "urllib", "uuid", "uvicorn",
    }
)  # fmt: skip
WORLDLY_CALLS = frozenset({"open", "print", "input", "exec", "eval"})
# What is done to a path or a clock that touches the disk or the hour, whatever object it is called on.
WORLDLY_METHODS = frozenset(
    {
        "now",
        "utcnow",
        "today",
        "read_text",
        "write_text",
        "read_bytes",
        "write_bytes",
        "mkdir",
        "unlink",
        "iterdir",
        "rglob",
        "touch",
    }
)
SEEDED = "random.Random"  # it is given its seed: the same input gives the same answer
OPTIONAL = "caravan/shelters/solver.py"  # the one library the program can do without
MOST_LINES = 500


def _pure() -> Iterator[tuple[str, ast.Module]]:
    return ((name, tree) for name, tree in MODULES.items() if not name.startswith(WORLDLY))


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_imports_point_down() -> None:
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    run = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def test_only_the_server_and_the_command_line_touch_the_world() -> None:
    found = [
        f"{name}:{line} imports {module}"
        for name, tree in _pure()
        for line, module in _imports(tree)
        if module.partition(".")[0] in WORLD and module != SEEDED
    ]
    for name, tree in _pure():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            match node.func:
                case ast.Name(id=called) if called in WORLDLY_CALLS:
                    found.append(f"{name}:{node.lineno} calls {called}")
                case ast.Attribute(attr=called) if called in WORLDLY_METHODS:
                    found.append(f"{name}:{node.lineno} calls .{called}()")
                case _:
                    pass
    assert found == []


def test_no_import_hides_inside_a_function_or_behind_a_type_check() -> None:
    found: list[str] = []
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If | ast.Try) and not (
                name == OPTIONAL and isinstance(node, ast.Try)
            ):
                found += [f"{name}:{line} imports {module}" for line, module in _imports(node)]
    assert found == []


def test_no_file_holds_more_than_one_can_read() -> None:
    lengths = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in MODULES}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


@pytest.mark.parametrize(
    "banned", ["util", "utils", "helper", "helpers", "manager", "processor", "base", "data", "info"]
)
def test_no_module_has_a_name_that_says_nothing(banned: str) -> None:
    assert [name for name in MODULES if Path(name).stem == banned or f"/{banned}/" in name] == []


def test_every_fact_folds_is_read_back_and_is_told_to_somebody_that_exists() -> None:
    facts = set(e.Event.__subclasses__())
    assert set(FOLDS) == facts
    assert set(e.AnyEvent.__args__) == facts
    assert set(LISTENERS) <= facts


def test_every_command_is_answered_and_is_somebodys_to_give() -> None:
    assert set(ANSWERS) | {c.ProposePlacement} == set(c.ALL)
    people = {role: may for role, may in MAY.items() if role != "system"}
    anybody = frozenset[type[c.Command]]().union(*people.values())
    assert set(c.ALL) - anybody == {c.OpenRealm, c.PublishProtocol}
    assert MAY["system"] == frozenset(c.ALL)


def test_every_command_has_a_route_or_is_named_as_having_none() -> None:
    routed = {kind for _, _, kind in ROUTES}
    assert routed | NOT_ROUTED == set(c.ALL)
    assert routed & NOT_ROUTED == set()
    assert len({(method, path) for method, path, _ in ROUTES}) == len(ROUTES)
