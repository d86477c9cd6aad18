"""The documentation is true: generated tables, doctests, the examples of the README and the guide, two commands."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import scalargrad
from tests.support.scripts import loaded

ROOT = Path(__file__).parent.parent
MODULES = [m.name for m in pkgutil.walk_packages(scalargrad.__path__, "scalargrad.") if "_core" not in m.name]


def test_the_tables_are_those_of_the_code() -> None:
    generate = loaded("docs/generate")
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


PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_doctests_of_the_pages(page: Path) -> None:
    found = doctest.testfile(str(page), module_relative=False)
    assert found.failed == 0 and found.attempted == page.read_text().count("\n>>> ")


BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```\n(.*?)```\n)?", re.DOTALL)
README, GUIDE = ((ROOT / name).read_text() for name in ("README.md", "docs/guide.md"))
EXAMPLES = BLOCK.findall(README) + BLOCK.findall(GUIDE)


@pytest.mark.parametrize(("example", "printed"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_readme_and_the_guide(
    example: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each prints what stands below it: on both backends, and on every run, because what is drawn has a seed."""
    monkeypatch.chdir(tmp_path)  # some save files
    for _ in range(2):
        exec(example, {})
        assert capsys.readouterr().out == printed != ""
    assert "random" not in example or "random.seed(" in example


def test_the_readme_begins_with_a_short_example() -> None:
    assert len(EXAMPLES) == (README + GUIDE).count("```python") >= 4
    assert len(EXAMPLES[0][0].strip().splitlines()) <= 10


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
    assert max(map(len, page.splitlines())) <= 120
    names = set(re.findall(r"\w+", page))
    modules = {path for path in (ROOT / "scalargrad").rglob("*.py") if path.name != "__init__.py"}
    assert {path.stem for path in modules} | {path.parent.name for path in modules} - {"scalargrad"} <= names
