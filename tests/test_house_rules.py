"""The rules of the house that a tool can hold: style, types, layers, sizes, and what a start may load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "smimetui").rglob("*.py"))
BIN = Path(sys.executable).parent


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_ruff_finds_nothing() -> None:
    run(str(BIN / "ruff"), "check", "--no-cache", ".")


def test_everything_is_formatted() -> None:
    run(str(BIN / "ruff"), "format", "--no-cache", "--check", ".")


@pytest.mark.timeout(300)
def test_mypy_is_content_in_strict_mode(tmp_path: Path) -> None:
    run(str(BIN / "mypy"), "--cache-dir", str(tmp_path))


def test_imports_point_one_way() -> None:
    run(str(BIN / "lint-imports"), "--no-cache")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_a_file_stays_under_400_lines() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_a_function_stays_under_50_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} ({length(node)})"
        for path in SOURCES
        for node in functions(ast.parse(path.read_text()))
        if length(node) > 50
    ]
    assert long == []


def test_the_app_class_stays_under_200_lines() -> None:
    tree = ast.parse((ROOT / "smimetui/ui/app.py").read_text())
    sizes = [length(node) for node in tree.body if isinstance(node, ast.ClassDef)]
    assert max(sizes) <= 200


def test_values_are_made_by_the_dataclass_that_compiles_nothing_at_a_start() -> None:
    dear = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and "dataclass" in {name.name for name in node.names}
        and path.name != "value.py"
    ]
    assert dear == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "helpers", "types", "manager", "base", "common", "misc"}
    assert [path for path in SOURCES if path.stem in empty] == []


def test_asn1crypto_is_known_to_the_message_syntax_alone() -> None:
    knows = {path.name for path in SOURCES if "asn1crypto" in path.read_text() and path.parent.name != "smime"}
    assert knows == set()


def test_the_app_loads_no_slow_library_before_its_first_frame() -> None:
    slow = ["exchangelib", "ldap", "imapclient", "pyhanko_certvalidator", "keyring", "inscriptis", "tomlkit"]
    code = f"import sys, smimetui.ui.app, smimetui.ui.screens.compose; print([m for m in {slow!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
