"""Which public functions have no type to tell; the programs of `typing_tests` are all that it should have.

The types themselves are checked by ``python -m typing_tests``, which needs mypy and pyright.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import functions
from typing_tests.__main__ import ROOT, programs

pytestmark = pytest.mark.once

MODULES = ["", ".nn", ".losses", ".optim", ".testing", ".calculus", ".datasets", ".engine"]
MOST = 14

# Every public function that returns Any, by the class that defines it, and why.
REASONS: dict[str, str] = {
    "Array.data": "lists of floats, or a numpy array if one went in",
    "Array.grad": "as data",
    "Methods.numpy": "an array, whose type needs numpy",
    **dict.fromkeys(
        ("Methods.argmax", "Methods.argmin", "Methods.argsort"), "ints, in a list or in numpy's array, as data"
    ),
    "matmul": "with a numpy array, whose type does not tell its dimensions; so @ of a Vector and a Matrix",
    "Linear.__call__": "as matmul",
    "Layer.__call__": "of one sample a Value, or a list where there are several outputs, as in micrograd",
    "MLP.__call__": "as Layer",
    "Sequential.__call__": "of other things than arrays and lists: as its last layer",
    "Module.__call__": "whatever forward returns",
    "Sequential.__getitem__": "whatever was put in",
}
OF_DATA = set(functions.__all__)  # by one of their overloads: of an array or a table of numpy's kind, the same kind


def _objects() -> Iterator[Any]:
    """The public functions and classes, each once."""
    seen: set[int] = set()
    for name in MODULES:
        try:
            module = importlib.import_module(f"scalargrad{name}")
        except ModuleNotFoundError:
            continue
        names = getattr(module, "__all__", None)
        for public in names or [n for n, x in vars(module).items() if getattr(x, "__module__", "") == module.__name__]:
            if public.startswith("_"):
                continue
            found = getattr(module, public)
            if str(getattr(found, "__module__", "")).startswith("scalargrad") and id(found) not in seen:
                seen.add(id(found))
                yield found


@cache
def _tree(module: str) -> ast.Module:
    """The syntax of a module; of its stub where it has one."""
    path = Path(inspect.getfile(importlib.import_module(module)))
    stub = path.with_suffix(".pyi")
    return ast.parse((stub if stub.exists() else path).read_text())


def _untyped(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    """The functions of a body that return Any; of an overloaded one its overloads count."""
    functions = [node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    overloaded = {f.name for f in functions if any("overload" in ast.unparse(d) for d in f.decorator_list)}
    for function in functions:
        decorators = [ast.unparse(d) for d in function.decorator_list]
        if function.name in overloaded and not any("overload" in d for d in decorators):
            continue
        if any(d.endswith(".setter") or d in ("_operator", "_comparison") for d in decorators):
            continue
        private = function.name.startswith("_") and not function.name.endswith("__")
        returns = ast.unparse(function.returns) if function.returns else "Any"
        if not private and returns.strip("'\"") == "Any" and function.name != "__init__":
            yield prefix + function.name


def untyped() -> list[str]:
    """The names of all public functions and methods whose type of result is Any."""
    found: set[str] = set()
    for thing in _objects():
        if inspect.isclass(thing):
            for cls in thing.__mro__:
                if cls.__module__.startswith("scalargrad."):
                    module = "scalargrad.pure.operators" if cls.__name__ == "Node" else cls.__module__
                    for node in _tree(module).body:
                        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
                            found.update(_untyped(node.body, f"{cls.__name__}."))
        elif inspect.isfunction(thing):
            body = [n for n in _tree(thing.__module__).body if getattr(n, "name", "") == thing.__qualname__]
            found.update(_untyped(body, ""))
    return sorted(found)


def test_few_public_functions_return_any() -> None:
    found = untyped()
    assert len(set(found) - OF_DATA) <= MOST and set(found) <= set(REASONS) | OF_DATA, "\n".join(found)


def test_every_block_of_the_documentation_is_checked() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    blocks = [text for page in pages for text in page.read_text().split("```python\n")[1:]]
    theirs = [text for text in blocks if re.match(r"import (torch|jax|random\nfrom micrograd)\b", text)]
    assert len(blocks) - len(theirs) == sum("_line_" in name for name in programs()) > 0
    assert len(theirs) == 5  # which ours are compared with
    for name, text in programs().items():
        compile(text, name, "exec")


def test_an_editable_install_is_a_path_entry() -> None:
    """setuptools decides by these settings; mypy and pyright do not follow import hooks."""
    text = (ROOT / "pyproject.toml").read_text()
    assert 'package-dir = { "" = "." }' in text
    assert (ROOT / "scalargrad" / "py.typed").exists() and sg.__file__ is not None


def test_a_wheel_has_every_package() -> None:
    """The list in pyproject.toml names each folder that is imported."""
    text = (ROOT / "pyproject.toml").read_text().partition("\npackages = [")[2].partition("]")[0]
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "scalargrad").rglob("__init__.py")}
    assert sorted(re.findall(r'"([^"]+)"', text)) == sorted(".".join(folder.parts) for folder in folders)


if __name__ == "__main__":
    print(*untyped(), sep="\n")
