"""Hooks of mkdocs: they make a site of pages that also read well where they stand.

The README becomes the first page. A link out of docs/, such as ``../scalargrad/value.py``, leads to a page that shows
the file. A notebook becomes a page with the results that it was saved with. Formulas become MathML, which browsers
draw by themselves.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from math_core import LatexToMathML
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from scalargrad import calculus

ROOT = Path(__file__).parent.parent.parent
OUTSIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_ORIGINS = {page: origin for origin, page in OUTSIDE.items()}
_LANGUAGES = {".py": "python", ".pyi": "python", ".c": "c", ".h": "c", ".toml": "toml", ".json": "json"}
_LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)\s#]+)(?=(?:#[^)\s]*)?\))")
_FUNCTIONS = re.compile(r"\bFunctions: .*?\. Test: ")
_PADDING = re.compile(r"(?<=\n\n)\n+")  # of one of two programs side by side: extra.css hides it where they are stacked
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


# --- links -----------------------------------------------------------------------------------------------------------


def place(path: str) -> str:
    """Where a file of the repository stands in the site."""
    if path.startswith("docs/"):
        name, kind = posixpath.splitext(path.removeprefix("docs/"))
        return f"{name}.md" if kind == ".ipynb" else name + kind
    return OUTSIDE.get(path, f"source/{path}.md")


def targets(text: str, page: str) -> Iterator[tuple[re.Match[str], str]]:
    """The links of a page to files of the repository, each with the path. A folder stands for its ``__init__``."""
    folder = posixpath.dirname(_ORIGINS.get(page, f"docs/{page}"))
    for link in _LINK.finditer(text):
        path = posixpath.normpath(posixpath.join(folder, link[1]))
        path = f"{path}/__init__.py" if (ROOT / path).is_dir() else path
        if (ROOT / path).is_file():
            yield link, path


def linked(text: str, page: str) -> str:
    """The text of a page with these links as they are in the site."""
    done, parts = 0, []
    for link, path in targets(text, page):
        parts += [text[done : link.start()], posixpath.relpath(place(path), posixpath.dirname(page) or ".")]
        done = link.end()
    return "".join([*parts, text[done:]])


# --- pages -----------------------------------------------------------------------------------------------------------


def _source(path: str) -> str:
    """A page that shows a file."""
    language = _LANGUAGES.get(posixpath.splitext(path)[1], "text")
    head = f"---\ntitle: {path}\nhide: [toc]\nsearch:\n  exclude: true\n---\n"
    return f"{head}# `{path}`\n\n~~~~~~~~ {language}\n{(ROOT / path).read_text()}\n~~~~~~~~\n"


def _notebook(config: MkDocsConfig, file: File) -> list[File]:
    """A page, and the pictures on it. Nothing is run."""
    from nbconvert import MarkdownExporter

    name = posixpath.splitext(file.src_uri)[0]
    asked = {"output_files_dir": f"{posixpath.basename(name)}_files", "unique_key": "output"}
    text, found = MarkdownExporter().from_filename(str(file.abs_src_path), resources=asked)
    pictures = [(f"{posixpath.dirname(name)}/{path}", data) for path, data in found["outputs"].items()]
    return [File.generated(config, path, content=data) for path, data in [(f"{name}.md", text), *pictures]]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """In the navigation ``tutorial/*.md`` stands for all such pages, a README first. Without one, it is left out."""
    docs = Path(config.docs_dir)

    def entries(pattern: Any) -> Any:
        found = sorted(docs.glob(pattern), key=lambda path: (path.stem != "README", path.name))
        return [path.relative_to(docs).with_suffix(".md").as_posix() for path in found]

    nav = []
    for entry in config.nav or []:
        ((title, what),) = entry.items()
        what = entries(what) if isinstance(what, str) and "*" in what else what
        nav += [{title: what}] if what else []
    config.nav = nav
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for name, page in OUTSIDE.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text()))
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        files.remove(file)
        for made in _notebook(config, file):
            files.append(made)
    texts = {file.src_uri: file.content_string for file in files.documentation_pages()}
    paths = {path for page, text in texts.items() for _, path in targets(text, page)}
    for path in sorted(paths):
        if place(path).startswith("source/"):
            made = File.generated(config, place(path), content=_source(path), inclusion=InclusionLevel.NOT_IN_NAV)
            files.append(made)
    return files


def described(functions: re.Match[str]) -> str:
    """The functions of a row of the ledger, with links to the reference."""
    return re.sub(r"`(\w+)`", lambda f: f"[{f[0]}][{getattr(calculus, f[1]).__module__}.{f[1]}]", functions[0])


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    if page.file.src_uri.startswith("source/"):
        return markdown
    markdown = linked(markdown, page.file.src_uri).replace("```python\n>>> ", "```pycon\n>>> ")
    return _FUNCTIONS.sub(described, markdown) if page.file.src_uri == "formulas.md" else markdown


# --- formulas --------------------------------------------------------------------------------------------------------

_CONVERTER = LatexToMathML()


def mathml(latex: str, block: bool = False) -> str:
    """A formula as MathML. Raises `LatexError` for what it cannot convert."""
    return _CONVERTER.convert_with_local_state(latex, displaystyle=block)


def on_page_content(html: str, **_: Any) -> str:  # mkdocs passes it by this name
    head, *grids = html.split('<div class="grid">')
    html = '<div class="grid">'.join([head, *(_PADDING.sub(r'<span class="padding">\g<0></span>', g) for g in grids)])
    return _FORMULA.sub(lambda found: mathml(unescape(found[2]), found[1] == "div"), html)
