"""``scalargrad info``: what runs here, for oneself and for a report of a bug."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from importlib import metadata

from scalargrad import __version__, core
from scalargrad.extras import wrapped

# extras to work on the library with: only named here
_OF_DEVELOPERS = ("test", "mutation", "bench", "dev", "docs", "notebooks", "browser")


def run() -> int:
    """Prints the version, the backend, the CPU path, Python, and the extras with their libraries. Returns 0."""
    for name, text in _rows():
        print(wrapped(f"{name:10} {text}", "", " " * 11))
    return 0


def _rows() -> Iterator[tuple[str, str]]:
    yield "scalargrad", f"{__version__}, in {os.path.dirname(core.__file__)}"
    if core.backend() == "native":
        yield "backend", "native, the C core"
        others = [path for path in core.simd_paths() if path != core.simd()]
        yield "CPU path", core.simd() + (f"; this CPU also has {', '.join(others)}" if others else "")
    else:
        asked = os.environ.get("SCALARGRAD_BACKEND") == "python"
        yield "backend", "python, " + ("as SCALARGRAD_BACKEND says" if asked else
                                       "since there is no C core: install a C compiler, then install scalargrad again,"
                                       " with SCALARGRAD_REQUIRE_C=1 to see why it fails")  # fmt: skip
        yield "CPU path", "none: it is one of the C core"
    yield "Python", f"{platform.python_version()}, {platform.python_implementation()}, {platform.platform()}"
    try:
        needed = [*map(_required, metadata.requires("scalargrad") or [])]
    except metadata.PackageNotFoundError:
        yield "extras", "unknown: this copy is not installed; pip install -e . in its folder installs it"
        return
    names = dict.fromkeys(extra for _, extra in needed if extra)
    for extra in names:
        if extra not in _OF_DEVELOPERS:
            yield f"[{extra}]", "; ".join(_library(library, extra) for library, of in needed if of == extra)
    own = [extra for extra in names if extra in _OF_DEVELOPERS]
    yield "more", f"{', '.join(f'[{extra}]' for extra in own)}, to work on scalargrad with: CONTRIBUTING.md"


def _required(text: str) -> tuple[str, str]:
    """The name of a library, and the extra that it belongs to.

    >>> _required('scikit-learn>=1.3; extra == "demo"'), _required("cffi>=1.17")
    (('scikit-learn', 'demo'), ('cffi', ''))
    """
    extra = re.search(r"""extra == ["']([^"']+)""", text)
    return re.split(r"[^\w.-]", text, maxsplit=1)[0], extra[1] if extra else ""


def _library(name: str, extra: str) -> str:
    """A library and its version, or what installs it."""
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return f"{name} is not installed: pip install 'scalargrad[{extra}]' installs it"
