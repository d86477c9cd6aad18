"""The documentation is true: generated tables, doctests, the README's example and its two commands."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import importlib.util
import io
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import scalargrad

ROOT = Path(__file__).parent.parent
MODULES = [m.name for m in pkgutil.walk_packages(scalargrad.__path__, "scalargrad.") if "_core" not in m.name]


def test_the_tables_are_those_of_the_code() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for name in generate.PAGES:
        text = (ROOT / "docs" / name).read_text()
        assert generate.page(name, text) == text, "run: python docs/generate.py"


def module_examples(module: ModuleType) -> int:
    """The examples that stand in a module's own text, on lines of docstrings."""
    return len(re.findall(r"^ *>>> ", Path(str(module.__file__)).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", [m for m in MODULES if not m.endswith("__main__")])
def test_doctests(name: str) -> None:
    module = importlib.import_module(name)
    found = doctest.testmod(module)
    assert found.failed == 0 and found.attempted >= module_examples(module)  # more, where they are made from the table


def test_doctests_of_value() -> None:
    """`Value` says that it lives in value.py, on both backends, so its doctests are found."""
    import scalargrad.value

    assert doctest.testmod(scalargrad.value).attempted >= 5


def test_doctests_of_the_pages() -> None:
    for page in ("conventions.md", "architecture.md", "formulas.md"):
        found = doctest.testfile(str(ROOT / "docs" / page), module_relative=False)
        assert found.failed == 0 and found.attempted == (ROOT / "docs" / page).read_text().count("\n>>> ")


def test_the_readmes_examples() -> None:
    text = (ROOT / "README.md").read_text()
    first, *others = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (printed,) = re.findall(r"```\n(z .*?)```", text, re.DOTALL)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(first, {})
    assert output.getvalue() == printed
    assert len(first.strip().splitlines()) <= 10
    for example in others:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(example, {})


@pytest.mark.parametrize("heading", ["Run it", "Test it"])
def test_the_readme_has_one_command_for_each(heading: str) -> None:
    section = (ROOT / "README.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert [len(block.strip().splitlines()) for block in blocks] == [1]


def test_every_public_name_is_documented() -> None:
    for name in scalargrad.__all__:
        assert getattr(scalargrad, name).__doc__, name


def test_no_module_imports_upward() -> None:
    """The order of docs/architecture.md: a module imports only what stands above it."""
    page = (ROOT / "docs" / "architecture.md").read_text().split("csrc/\n")[0]
    order = re.findall(r"\b([a-z_]+)\.py", page.split("scalargrad/ ")[1])
    assert {m.removeprefix("scalargrad.") for m in MODULES if m.count(".") == 1} - {"data", "demos", "calculus"} == set(
        order
    )
    for position, name in enumerate(order):
        if name == "__main__":
            continue
        text = (ROOT / "scalargrad" / f"{name}.py").read_text()
        imported = set(re.findall(r"^\s*from scalargrad\.(\w+) import", text, re.MULTILINE))
        for line in re.findall(r"^\s*from scalargrad import (.*)$", text, re.MULTILINE):
            imported |= {part.strip() for part in line.split(",")}
        assert not imported & set(order[position:]), (name, imported & set(order[position:]))


def test_the_closed_forms_import_nothing_of_the_engine() -> None:
    """In calculus/, only the ledger's live checks do."""
    for path in sorted((ROOT / "scalargrad" / "calculus").glob("*.py")):
        imported = re.findall(r"^\s*(?:from|import) (\S+)", path.read_text(), re.MULTILINE)
        outside = {
            m for m in imported if m.startswith(("scalargrad", "numpy")) and not m.startswith("scalargrad.calculus")
        }
        if path.stem not in ("compare", "checks", "checks_networks", "ledger"):
            assert outside <= {"scalargrad.errors"}, (path.name, outside)
