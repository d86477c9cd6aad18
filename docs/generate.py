"""Writes what follows from tables: ``python docs/generate.py``. Tests compare.

The tables of docs/conventions.md and the types `scalargrad/functions.pyi` come from `scalargrad/table/ops.py`, the
chapters of docs/formulas.md from `scalargrad/ledger`, the figures of docs/performance.md from `benchmarks/results`.
"""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from scalargrad.ledger import page as ledger
from scalargrad.table import faces, ops

FOLDER = Path(__file__).parent
RESULTS = FOLDER.parent / "benchmarks" / "results"
STUB = FOLDER.parent / "scalargrad" / "functions.pyi"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


# --- the pages -------------------------------------------------------------------------------------------------------


def kinks() -> str:
    """The conventions where a derivative does not exist."""
    named = [(r.name, r.kink) for r in (*ops.PRIMITIVES, *ops.REDUCTIONS) if r.kink]
    return _table(["primitive", "convention"], [[_code(name), kink] for name, kink in named])


def primitives() -> str:
    """Every row of the table: value and partials."""
    rows = []
    for row in ops.ROWS:
        name = f"{row.name}({', '.join(row.operands)})"
        partials = "<br>".join(f"∂{o}: {_code(p)}" for o, p in zip(row.operands, row.partials))
        rows.append([_code(name), _code(row.value), partials or "(internal)"])
    return _table(["primitive", "value", "partials"], rows)


def functions() -> str:
    """The functions, for readers who look one up."""
    rows = []
    for row in faces.FUNCTIONS:
        required = len(row.operands) - len(row.defaults)
        given = [*row.operands[:required], *(f"{o}={d!r}" for o, d in zip(row.operands[required:], row.defaults))]
        rows.append([_code(f"{row.name}({', '.join(given)})"), row.doc, _code(row.example.replace(" = ", " == "))])
    return _table(["function", "result", "example"], rows)


def reductions() -> str:
    rows = [[_code(r.name), r.in_words, _code(r.partial), r.gathers] for r in ops.REDUCTIONS]
    return _table(["reduction", "value", "partial by x", "where"], rows)


def joints() -> str:
    """The operations with several results."""
    return _table(["operation", "results", "contributions"], [[_code(r.name), r.in_words, r.rule] for r in ops.JOINTS])


_HEADINGS = {"native": "here", "python": "pure Python", "jax": "JAX", "jax_jit": "JAX jit", "casadi": "CasADi"}
_ORDERS = ("native", "jax_jit", "jax", "torch", "casadi", "autograd")
_LAYERS = ("native", "torch", "jax", "numpy", "autograd", "xad", "micrograd")


def _figure(x: float | None) -> str:
    return "" if x is None else f"{x:,.{0 if x >= 1000 else 1 if x >= 10 else 2}f}"


def _results(benchmark: str, names: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The measures of a benchmark, and where and when they were taken, with the versions of these packages."""
    record = json.loads((RESULTS / f"{benchmark}.json").read_text())
    machine = record["machine"]
    packages = [name for name in names if machine["packages"].get(name)]
    versions = [f"{name} {machine['packages'][name].partition('+')[0]}" for name in packages]
    taken = ", ".join([f"Python {machine['python']}", *versions, machine["date"][:10]])
    where = f"on {machine['cpu']} ({machine['cores']} cores), {taken}"
    return record["measures"], f"`python -m benchmarks {benchmark}` {where}."


def measured(benchmark: str, names: Sequence[str], keys: Sequence[str] = ()) -> str:
    """Figures of a benchmark: all of them, or those with the keys. micrograd's handles and import are as good as 0."""
    measures, taken = _results(benchmark, names)
    rows = []
    for measure in (measures[key] for key in keys or measures):
        found = {name: measure["figures"].get(name) for name in names}
        figures = ["" if name == "micrograd" and x and x < 1 else _figure(x) for name, x in found.items()]
        targets = [f"{each['target']}: {'met' if each['met'] else '**missed**'}" for each in measure["targets"]]
        rows.append([f"{measure['title']}, {measure['unit']}", *figures, "<br>".join(targets)])
    return _table(["measure", *(_HEADINGS.get(name, name) for name in names), "target"], rows) + f"\n\n{taken}"


def surprises() -> str:
    """Everyday calls, ours on the backend that was measured, beside something else."""
    measures, taken = _results("surprises", ())
    rows = []
    for measure in measures.values():
        found, (call, _, beside) = measure["figures"], measure["title"].partition(" / ")
        ours = found["python"] if found["native"] is None else found["native"]
        limits = ["{:g}".format(*map(float, re.findall(r"[\d.]+", each["target"]))) for each in measure["targets"]]
        ratio = f"{ours / found['beside']:.2f}"
        rows.append([call, beside, f"{_figure(ours)} {measure['unit']}", ratio, *(limits or [""])])
    return _table(["call", "beside", "takes", "ratio", "at most"], rows) + f"\n\n{taken}"


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "conventions.md": {
        "kinks": kinks,
        "functions": functions,
        "primitives": primitives,
        "reductions": reductions,
        "joints": joints,
    },
    "performance.md": {
        "recording": partial(
            measured,
            "eager",
            ("native", "python", "micrograd", "xad"),
            ("mul", "add", "mul_float", "add_float", "node", "node_counted", "handle", "import"),
        ),
        "sweeping": partial(
            measured, "eager", ("native", "python", "micrograd", "xad"), ("sweep_moons", "sweep_chain", "moons_step")
        ),
        "layers": partial(measured, "layers", _LAYERS),
        "orders": partial(measured, "orders", _ORDERS),
        "gpt": partial(measured, "gpt", ("native", "python", "microgpt", "torch", "jax", "port")),
        "surprises": surprises,
    },
    "formulas.md": {"chapters": ledger.chapters, "errata": ledger.errata, "sources": ledger.sources},
}


def page(name: str, text: str) -> str:
    """The text of a page with its tables made anew."""
    for mark, table in PAGES[name].items():
        marked, made = rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)", table()
        text, found = re.subn(marked, lambda m, made=made: f"{m[1]}\n{made}\n\n{m[2]}", text, flags=re.DOTALL)
        assert found == 1, mark
    return text


# --- the types -------------------------------------------------------------------------------------------------------

_HEAD = """\
# Written by docs/generate.py from scalargrad/table/ops.py: the types of the functions, and of the methods of the same
# names. Each returns a Value, Vector or Matrix if an operand is one, else a float.

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, TypeAlias, TypeVar, overload

from scalargrad.arrays import Matrix, Vector
from scalargrad.value import Value

class Foreign(Protocol):  # an array of numpy's; its type does not tell how many dimensions it has
    @property
    def dtype(self) -> Any: ...
    def __len__(self) -> int: ...
    def __array__(self) -> Any: ...  # which tells them from arrays of ours, to type checkers
    def __getitem__(self, key: Any, /) -> Any: ...

class _Number(Protocol):  # a scalar of numpy's
    @property
    def dtype(self) -> Any: ...
    def is_integer(self) -> bool: ...

Real: TypeAlias = float | Fraction | Decimal | _Number
Scalar: TypeAlias = Value | Real
Flat: TypeAlias = Sequence[Scalar]
Rows: TypeAlias = Sequence[Sequence[Scalar]]
_BeforeVector: TypeAlias = Scalar | Flat | Foreign
_UpToVector: TypeAlias = Vector | _BeforeVector
_BeforeMatrix: TypeAlias = _UpToVector | Rows
_UpToMatrix: TypeAlias = Matrix | _BeforeMatrix
_Lists: TypeAlias = list[Any] | tuple[Any, ...]
_Array = TypeVar("_Array", bound=Foreign)
"""
# A result, what all operands are together at most, and what those before the first of its type are at most.
_KINDS = (
    ("Value", "Scalar", "Real"),
    ("Vector", "_UpToVector", "_BeforeVector"),
    ("Matrix", "_UpToMatrix", "_BeforeMatrix"),
)
# A Vector with nested lists gives a Matrix.
_BROADCAST = [(["Vector", "Rows"], 2, "Matrix"), (["Rows", "Vector"], 2, "Matrix")]


def _of_data(n: int) -> list[tuple[list[str], int, str]]:
    """Arrays and tables give such, lists lists, tuples tuples. The type of an array tells nothing of its elements."""
    found = [(["list[Value]"], 1, "list[Value]"), (["list[float]"], 1, "list[float]")] if n == 1 else []
    for kind, before, after in (
        ("list[Any]", "Scalar", "Scalar | _Lists"),
        ("tuple[Any, ...]", "Scalar", "Scalar | _Lists"),
        ("_Array", "Scalar | _Lists", "Scalar | _Lists | Foreign"),
    ):
        found += [([before] * k + [kind] + [after] * (n - k - 1), k + 1, kind) for k in range(n)]
    return found


def _where_first(kind: tuple[str, str, str], n: int) -> list[tuple[list[str], int, str]]:
    """The types of n operands of which one is of that kind; after how many of them defaults may stand; the result."""
    result, most, before = kind
    return [([before] * k + [result] + [most] * (n - k - 1), k + 1, result) for k in range(n)]


def _overloads(row: ops.Row, first: str, names: tuple[str, ...], choices: list[tuple[list[str], int, str]]) -> str:
    """The overloads of a function or method: for each the types of its operands, and its result."""
    last = ", /" if not first and {"x", "y"}.issuperset(names) else ""
    optional = len(names) - len(row.defaults)
    lines = []
    for k, (types, required, result) in enumerate(choices):
        parameters = [f"{name}: {kind}{' = ...' if i >= max(optional, required) else ''}"
                      for i, (name, kind) in enumerate(zip(names, types))]  # fmt: skip
        body = f'\n    """{row.doc}"""' if k == 0 else " ..."
        lines += ["@overload"] * (len(choices) > 1)
        lines.append(
            f"def {row.name}({', '.join([*([first] if first else []), *parameters])}{last}) -> {result}:{body}"
        )
    return "\n".join(lines) + "\n"


def _function(row: ops.Row) -> str:
    n = len(row.operands)
    value, vector, matrix = [_where_first(kind, n) for kind in _KINDS]
    broadcast = _BROADCAST if n == 2 else []
    data = _of_data(n)
    return _overloads(row, "", row.operands, [*value, (["Real"] * n, 0, "float"), *vector, *matrix, *broadcast, *data])


def _method(row: ops.Row, k: int) -> str:
    """The method of the k-th kind."""
    names, (result, most, _) = faces.others(row), _KINDS[k]
    choices = [([most] * len(names), 0, result)]
    if names:
        choices += [c for kind in _KINDS[k + 1 :] for c in _where_first(kind, len(names))]
        choices += [(["Rows"], 1, "Matrix")] * (result == "Vector" and len(names) == 1)
    return _overloads(row, "self", names, choices)


def stub() -> str:
    """The text of `scalargrad/functions.pyi`."""
    parts = [_HEAD, *map(_function, faces.FUNCTIONS)]
    for k, (name, _, _) in enumerate(_KINDS):
        methods = "".join(_method(row, k) for row in faces.FUNCTIONS)
        if name == "Value":
            functions = {row.name for row in faces.FUNCTIONS}
            methods += "".join(f"{alias} = {of}\n" for alias, of in ops.NUMPY.items() if of in functions)
        parts.append(f"class {name}Methods:\n" + "".join(f"    {line}\n" for line in methods.splitlines()))
    public = sorted({row.name for row in faces.FUNCTIONS} - vars(builtins).keys())
    names = "".join(f'    "{name}",\n' for name in public)
    return "\n".join([*parts, f"__all__ = [\n{names}]\n"])


if __name__ == "__main__":
    for name in PAGES:
        (FOLDER / name).write_text(page(name, (FOLDER / name).read_text()))
    STUB.write_text(stub())
