"""Modules are one sentence each, short, made of short functions, and say what is public in them."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
MODULE_LINES, FUNCTION_LINES, MEDIAN_LINES, PARAMETERS = 400, 50, 9, 5
LONG_TABLES: set[str] = set()  # "module:function" whose table of states is better whole
WIDE = {"coopdigest/sources/build.py:build_source"}  # what the configuration says of one source
ANONYMOUS = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Function]]:
    """Every function of a module with its dotted name, methods and inner functions included."""
    for node in ast.iter_child_nodes(tree):
        name = f"{inside}{getattr(node, 'name', '')}"
        if isinstance(node, FUNCTION):
            yield name, node
        yield from functions(node, f"{name}." if isinstance(node, (*FUNCTION, ast.ClassDef)) else inside)


def body_lines(function: Function) -> int:
    """How many lines a function has, its docstring left out."""
    words = function.body[0] if ast.get_docstring(function) else None
    spoken = (words.end_lineno or words.lineno) - words.lineno + 1 if words else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - spoken


def test_modules_are_short(root: Path, modules: dict[str, ast.Module]) -> None:
    """No module has more than 400 lines."""
    lengths = {path: len((root / "src" / path).read_text("utf-8").splitlines()) for path in modules}
    assert {path: lines for path, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_modules_are_one_sentence(modules: dict[str, ast.Module]) -> None:
    """Every module begins with a docstring whose first line is a sentence that ends on its line."""
    first_lines = {path: (ast.get_docstring(tree) or "").split("\n", 1)[0] for path, tree in modules.items()}
    assert {path: line for path, line in first_lines.items() if not line.endswith((".", ":", "?"))} == {}


def test_no_module_is_a_drawer(modules: dict[str, ast.Module]) -> None:
    """No module or package is called utils, helpers or common: such a name says nothing."""
    assert [path for path in modules if ANONYMOUS & set(Path(path).with_suffix("").parts)] == []


def test_functions_are_short(modules: dict[str, ast.Module]) -> None:
    """No function has more than 50 lines without its docstring, and half of them have about eight."""
    lengths = {
        f"{path}:{name}": body_lines(function) for path, tree in modules.items() for name, function in functions(tree)
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES and name not in LONG_TABLES}
    assert too_long == {}
    assert statistics.median(lengths.values()) <= MEDIAN_LINES


def test_package_initialisers_import_nothing(modules: dict[str, ast.Module]) -> None:
    """A package's `__init__` is its sentence alone, so that importing one adapter loads no other.

    The ports are known by one name, and hold nothing that would have to be loaded.
    """
    packages = {path: tree for path, tree in modules.items() if Path(path).name == "__init__.py" and "/" in path}
    inner = {path: tree for path, tree in packages.items() if path.count("/") > 1 and "ports" not in path}
    found = [path for path, tree in inner.items() if any(isinstance(n, ast.Import | ast.ImportFrom) for n in tree.body)]
    assert found == []


def test_everything_public_is_documented(modules: dict[str, ast.Module]) -> None:
    """Every public class, and every public function or method of one, says what it does."""
    silent = [f"{path}:{name}" for path, tree in modules.items() for name in _undocumented(tree)]
    assert silent == []


def _undocumented(tree: ast.Module | ast.ClassDef, inside: str = "") -> Iterator[str]:
    for node in tree.body:
        if not isinstance(node, (*FUNCTION, ast.ClassDef)) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{inside}{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node, f"{node.name}.")


def test_functions_take_few_parameters(modules: dict[str, ast.Module]) -> None:
    """A function takes at most five positional parameters besides `self`; a command takes what its options are."""
    crowded = {
        f"{path}:{name}": count
        for path, tree in modules.items()
        for name, function in functions(tree)
        if (count := _positional(function)) > PARAMETERS and "/cli/" not in path
    }
    assert {name: count for name, count in crowded.items() if name not in WIDE} == {}


def _positional(function: Function) -> int:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len([name for name in names if name not in ("self", "cls")])


def test_tests_state_a_behaviour(test_modules: dict[str, ast.Module]) -> None:
    """Every test function's docstring is a sentence."""
    silent = [
        f"{path}:{name}"
        for path, tree in test_modules.items()
        for name, function in functions(tree)
        if name.rpartition(".")[2].startswith("test_")
        and not (ast.get_docstring(function) or "").strip().endswith((".", ":", "?", "`", ")", "”"))
    ]
    assert silent == []


def test_test_modules_have_names_of_their_own(test_modules: dict[str, ast.Module]) -> None:
    """No two test modules share a base name, which pytest could not tell apart."""
    names = [Path(path).name for path in test_modules]
    assert sorted(names) == sorted(set(names))
