"""The structure of the C core: folders in order, a header for each source, no circle of calls, each name once."""

from __future__ import annotations

import re
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

CSRC = Path(__file__).parent.parent / "csrc"
FILES = {path.relative_to(CSRC).as_posix(): path.read_text() for path in sorted(CSRC.rglob("*.[ch]"))}
# upward
LAYERS = ["scalargrad.h", "table", "tape", "kernels", "bulk", "sweep", "records", "python", "arrays", "module.c"]
GENERATED = {"ops.h", "programs.h"}
TEMPLATES = {
    "kernels/kernels.h",
    "sweep/rules.h",
    "records/partials.h",
    "records/reverse.h",
}  # sources include them, some several times; no header of a source
CFFI = "scalargrad.h"  # declares what Python calls through cffi: functions of several sources

FUNCTION = r"(?:const )?\w[\w ]*[ *]+(\w+)\(((?:[^()]|\([^()]*\))*)\)"  # its type, name and parameters
DEFINED = re.compile(rf"^(?!typedef|else|return){FUNCTION}\n\{{", re.MULTILINE)
DECLARED = re.compile(rf"^(?!typedef|static){FUNCTION};", re.MULTILINE)

pytestmark = pytest.mark.once


def bare(text: str) -> str:
    """A C text without comments, strings and attributes."""
    text = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', " ", text, flags=re.DOTALL)
    return re.sub(r"__attribute__\(\((?:[^()]|\([^()]*\))*\)\) ?", "", text)


def functions(text: str, static: bool) -> set[str]:
    """The names of the functions that a C text defines: the static ones, or those that others can link to."""
    return {m[1] for m in DEFINED.finditer(bare(text)) if m[0].startswith("static") == static}


def declared(text: str) -> set[str]:
    return {m[1] for m in DECLARED.finditer(bare(text))}


def layer(name: str) -> int:
    return LAYERS.index(name.split("/")[0])


def upward(files: dict[str, str]) -> list[tuple[str, str]]:
    """Includes of what stands above the file that includes it, or is not named by its path from csrc/."""
    found = [(name, path) for name, text in files.items() for path in re.findall(r'#include "(.*?)"', text)]
    return [(name, path) for name, path in found
            if path not in GENERATED and (path not in files or layer(path) > layer(name))]  # fmt: skip


def calls(files: dict[str, str]) -> dict[str, set[str]]:
    """For each source, with its header, the others whose functions it names."""
    home = {}
    for name, text in files.items():
        place = str(PurePosixPath(name).with_suffix(""))
        home.update(dict.fromkeys(functions(text, static=False), place))
        if name.endswith(".h") and name not in TEMPLATES:
            home.update(dict.fromkeys(functions(text, static=True), place))
    uses: dict[str, set[str]] = {}
    for name, text in files.items():
        if name != CFFI:
            place = str(PurePosixPath(name).with_suffix(""))
            named = {home[word] for word in re.findall(r"\w+", bare(text)) if word in home}
            uses.setdefault(place, set()).update(named - {place})
    return uses


def circle(files: dict[str, str]) -> list[str]:
    try:
        TopologicalSorter(calls(files)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_folders_include_only_what_is_below() -> None:
    assert upward(FILES) == []


def test_no_source_calls_another_that_calls_it() -> None:
    uses = calls(FILES)
    assert "tape/tape" in uses["python/recording"] and "table/reductions" in uses["sweep/rules"]
    assert sum(map(len, uses.values())) > 80
    assert circle(FILES) == []
    assert [(a, b) for a in uses for b in uses[a] if layer(f"{b}.c" if b == "module" else b) > layer(a + ".c")] == []


def test_a_planted_circle_and_a_planted_include_are_found() -> None:
    calling = FILES["tape/map.c"].replace("{", "{\n    sg_walk_free(NULL);", 1)
    assert set(circle({**FILES, "tape/map.c": calling})) == {"tape/map", "tape/walk"}
    including = '#include "sweep/sweep.h"\n' + FILES["tape/tape.c"]
    assert upward({**FILES, "tape/tape.c": including}) == [("tape/tape.c", "sweep/sweep.h")]


def test_a_header_declares_the_functions_of_its_source() -> None:
    for_python = declared(FILES[CFFI])
    sources = [name for name in FILES if name.endswith(".c") and name != "module.c"]
    defined = {name: functions(FILES[name], static=False) for name in sources}
    assert sum(map(len, defined.values())) > 90
    for name in sources:
        header = name[:-2] + ".h"
        assert f'#include "{header}"' in FILES[name]
        assert declared(FILES[header]) == defined[name] - for_python, header
    assert for_python <= set.union(*defined.values())
    for name in FILES:
        if name.endswith(".h") and name != CFFI and name[:-2] + ".c" not in FILES:
            assert declared(FILES[name]) == set(), name
    assert not any(re.search(r"^extern .*\(", text, re.MULTILINE) for name, text in FILES.items() if name[-1] == "c")


def test_a_static_function_or_a_macro_has_a_name_of_its_own() -> None:
    statics = Counter(name for text in FILES.values() for name in functions(text, static=True))
    macros = {name: set(re.findall(r"#define (\w+)", text)) for name, text in FILES.items()}
    defined = Counter(macro for found in macros.values() for macro in found)
    parameters = {macro for name in TEMPLATES for macro in re.findall(r" \*   (SG_\w+)", FILES[name])} | {"SG_TIMES"}
    assert len(statics) > 100 and len(defined) > 60 and {"SG_PATH", "SG_ACCUMULATE"} <= parameters
    assert {name: count for name, count in statics.items() if count > 1} == {}
    assert {name: count for name, count in defined.items() if count > 1 and name not in parameters} == {}


def test_names_of_the_interface_begin_alike() -> None:
    for name, text in FILES.items():
        assert [f for f in functions(text, static=False) if not f.startswith("sg_") and name != "module.c"] == []


def test_sizes() -> None:
    assert [name for name, text in FILES.items() if text.count("\n") > 350] == []
    assert [(name, line) for name, text in FILES.items() for line in text.splitlines() if len(line) > 120] == []
    folders = Counter(name.split("/")[0] for name in FILES if name.endswith(".c") and "/" in name)
    assert set(folders) == set(LAYERS) - {"scalargrad.h", "module.c"} and max(folders.values()) <= 12
