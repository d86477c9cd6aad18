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


def test_every_module_is_on_the_map() -> None:
    """The contracts in pyproject.toml say who may import whom."""
    page = (ROOT / "docs" / "architecture.md").read_text().split("csrc/\n")[0].split("scalargrad/ ")[1]
    names = set(re.findall(r"\w+", page))
    modules = {path for path in (ROOT / "scalargrad").rglob("*.py") if path.name != "__init__.py"}
    assert {path.stem for path in modules} | {path.parent.name for path in modules} - {"scalargrad"} <= names
