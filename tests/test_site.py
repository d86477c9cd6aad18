"""The site: it builds without a warning, has every public name once, every formula as MathML, and no dead link."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.table import faces, ops
from tests.support.scripts import loaded

pytestmark = [pytest.mark.once, pytest.mark.filterwarnings("default")]

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DIRECTIVES = [
    name for page in DOCS.glob("reference/*.md") for name in re.findall(r"^::: (\S+)$", page.read_text(), re.MULTILINE)
]


def named(path: str) -> Any:
    """The object of a path: an attribute, where a module has the same name."""
    module, _, name = path.rpartition(".")
    return getattr(sys.modules.get(module) or named(module), name)


def public_objects() -> dict[int, str]:
    """What users can import by a public name, each once whatever its names; and the types of what it returns."""
    found = {}
    for module in (sg, sg.nn, sg.losses, sg.optim, sg.testing, sg.linalg, sg.calculus):
        names = [*module.__all__, "abs", "max", "min", "pow", "round", "sum"] if module is sg else module.__all__
        found |= {id(getattr(module, name)): f"{module.__name__}.{name}" for name in names}
    errors = [error for error in vars(sg.errors).values() if isinstance(error, type) and issubclass(error, Exception)]
    found |= {id(error): f"scalargrad.errors.{error.__name__}" for error in errors}
    found |= {id(result): f"{result.__module__}.{result.__qualname__}"
              for name in [*found.values()] for result in results(named(name)) if id(result) not in found}  # fmt: skip
    return {key: name for key, name in found.items() if not isinstance(named(name), ModuleType)}


def results(function: Any) -> list[type]:
    """The classes of scalargrad that a function is annotated to return."""
    annotation = "" if isinstance(function, type) else getattr(function, "__annotations__", {}).get("return", "")
    named = [function.__globals__.get(name) for name in re.findall(r"\w+", str(annotation))]
    return [each for each in named if isinstance(each, type) and each.__module__.startswith("scalargrad.")]


def test_every_public_name_is_on_one_page_of_the_reference() -> None:
    public = public_objects()
    counted = Counter(id(named(name)) for name in DIRECTIVES)
    assert len(public) > 200
    assert [name for key, name in public.items() if counted[key] != 1] == []
    assert [name for name in DIRECTIVES if id(named(name)) not in public] == []


def test_the_page_of_value_has_every_member() -> None:
    """But for the functions of the table, and the names of PyTorch's that are absent."""
    members = {name for name in dir(sg.Value) if name[0] != "_" and hasattr(sg.Value, name)}
    members -= {row.name for row in faces.FUNCTIONS} | {*ops.NUMPY}
    page = (DOCS / "reference" / "value.md").read_text()
    listed, for_numpy = re.findall(r"members: \[(.*)\]", page)[0], page.split("## For numpy")[1]
    first_column = " ".join(re.findall(r"^\| (`.*?`) \|", for_numpy, re.MULTILINE))
    assert members == {*listed.split(", "), *re.findall(r"x\.(\w+)", first_column)}


def test_every_page_of_the_reference_is_in_the_navigation() -> None:
    """mkdocs finds the others: it warns about pages that are left out, and about missing ones."""
    found = re.findall(r"reference/\w+\.md", (ROOT / "mkdocs.yml").read_text())
    assert sorted(found) == sorted(f"reference/{page.name}" for page in DOCS.glob("reference/*.md"))


# --- the hooks -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages() -> Any:
    for library in ("mkdocs", "math_core", "nbconvert"):
        pytest.importorskip(library)
    return loaded("docs/site/pages")


def formulas() -> list[str]:
    text = re.sub(r"```.*?```", "", (DOCS / "formulas.md").read_text(), flags=re.DOTALL)
    return re.findall(r"\$([^$\n]+)\$", text)


class Elements(HTMLParser):
    """Counts the elements, and holds that each is closed where it belongs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.counted: Counter[str] = Counter()
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, _: Any) -> None:
        self.open.append(tag)
        self.counted[tag] += 1

    def handle_startendtag(self, tag: str, _: Any) -> None:
        self.counted[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_formula_becomes_mathml(pages: Any) -> None:
    """As many fractions, tables, sums and letters as the source has, and no command left over."""
    assert len(formulas()) > 300
    for latex in formulas():
        found = Elements(pages.mathml(latex))
        assert found.counted["math"] == 1 and not found.counted["merror"], latex
        assert found.counted["mfrac"] == len(re.findall(r"\\t?frac", latex)), latex
        assert found.counted["mtable"] == latex.count(r"\begin"), latex
        for command, sign in ((r"\\partial", "∂"), (r"\\sum", "∑"), (r"\\nabla", "∇"), (r"\\delta", "δ"), ("=", "=")):
            assert len(re.findall(command, latex)) == found.text.count(sign), latex
        assert "\\" not in found.text, latex


@pytest.mark.parametrize("broken", [r"\frac{1}{", r"\sume x", r"x^", r"\begin{cases} a"])
def test_a_broken_formula_is_an_error(pages: Any, broken: str) -> None:
    import math_core

    with pytest.raises(math_core.LatexError):
        pages.mathml(broken)


def test_formulas_of_a_page(pages: Any) -> None:
    page = '<p><span class="arithmatex">\\(a &lt; b\\)</span> and <code>\\(c\\)</code></p>'
    made = pages.on_page_content(html=page)
    assert "arithmatex" not in made and "&lt;</mo>" in made and "<code>\\(c\\)</code>" in made


def test_padding_between_two_programs_can_be_hidden(pages: Any) -> None:
    programs = "<pre>a\n\n\n\nb\n\nc</pre>"
    page = f'{programs}<div class="grid">{programs}</div>'
    wanted = programs + '<div class="grid">' + programs.replace("\n\n\n\nb", '\n\n<span class="padding">\n\n</span>b')
    assert pages.on_page_content(html=page) == wanted + "</div>"


def test_links_lead_to_pages_of_the_site(pages: Any) -> None:
    readme = "[a](docs/numpy.md) [b](docs/conventions.md#kinks) [c](scalargrad/table/ops.py) ![d](docs/z.svg) [e](https://x.org/y)"
    assert pages.linked(readme, "index.md") == (
        "[a](numpy.md) [b](conventions.md#kinks) [c](source/scalargrad/table/ops.py.md) ![d](z.svg) [e](https://x.org/y)"
    )
    assert pages.linked("[a](../scalargrad/look/) [b](../README.md)", "testing.md") == (
        "[a](source/scalargrad/look/__init__.py.md) [b](index.md)"
    )
    assert pages.linked("[a](../../CHANGELOG.md) [b](../numpy.md)", "reference/nn.md") == (
        "[a](../changelog.md) [b](../numpy.md)"
    )
    assert pages.linked("[a](nowhere.md) f[0](x)", "numpy.md") == "[a](nowhere.md) f[0](x)"  # mkdocs warns


def test_a_notebook_becomes_a_page_with_its_results(pages: Any, tmp_path: Path) -> None:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import File

    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "forty-two\n"},
        {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": svg, "text/plain": "a Value"}},
    ]
    code = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "source": "1 / 0", "outputs": outputs}
    title = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# The title"}
    (tmp_path / "notebooks").mkdir()
    notebook = {"cells": [title, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "notebooks" / "one.ipynb").write_text(json.dumps(notebook))
    config = MkDocsConfig()
    config.load_dict(
        {"site_name": "x", "docs_dir": str(tmp_path), "nav": [{"N": "notebooks/*.ipynb"}, {"T": "t/*.md"}]}
    )
    config.validate()
    config.plugins._current_plugin = "pages"
    page, picture = pages._notebook(config, File("notebooks/one.ipynb", str(tmp_path), str(tmp_path), False))
    assert (page.src_uri, picture.src_uri) == ("notebooks/one.md", "notebooks/one_files/output_1_1.svg")
    assert "# The title" in page.content_string and "1 / 0" in page.content_string  # which was not run
    assert "forty-two" in page.content_string and "](one_files/output_1_1.svg)" in page.content_string
    assert picture.content_string == svg
    assert pages.on_config(config).nav == [{"N": ["notebooks/one.md"]}]


# --- the site --------------------------------------------------------------------------------------------------------


def test_the_site(tmp_path: Path) -> None:
    """One test: a second would build the site again, in another process."""
    for library in ("material", "mkdocstrings_handlers.python", "math_core", "nbconvert"):
        pytest.importorskip(library)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and "WARNING" not in run.stderr, run.stdout + run.stderr
    no_link_is_dead_and_nothing_is_loaded_from_elsewhere(tmp_path)
    the_reference_has_every_name_and_formulas_are_drawn(tmp_path)


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.names: set[str] = set()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        given = dict(attributes)
        self.names |= {given[key] for key in ("id", "name") if given.get(key)}
        if link := given.get("href") or given.get("src"):
            self.found.append(link)
            if tag != "a" and given.get("rel") not in ("canonical", "next", "prev"):
                self.loaded.append(link)

    handle_startendtag = handle_starttag


def no_link_is_dead_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    parsed = {path.resolve(): Links(path.read_text()) for path in site.rglob("*.html")}
    assert len(parsed) > 25
    for path, page in parsed.items():
        assert not [link for link in page.loaded if re.match(r"\w+:|//", link) and not link.startswith("data:")], path
        for link in page.found:
            if re.match(r"\w+:|//", link) or path.name == "404.html":
                continue
            target, _, anchor = link.partition("#")
            to = (path.parent / target).resolve() if target else path
            to = to / "index.html" if to.is_dir() else to
            assert to.is_file(), (path, link)
            assert not anchor or to not in parsed or anchor in parsed[to].names | {"__comments"}, (path, link)


def the_reference_has_every_name_and_formulas_are_drawn(site: Path) -> None:
    reference = "".join(path.read_text() for path in (site / "reference").glob("*.html"))
    for name in DIRECTIVES:
        assert reference.count(f'id="{name}"') == 1, name
    assert "\\&lt;" not in reference
    assert "&gt;&gt;&gt; &gt;" not in reference and "<blockquote>" not in reference  # examples are blocks of code
    page = (site / "formulas.html").read_text()
    assert page.count("<math") == len(formulas()) and "arithmatex" not in page
