"""`explain`: the chain rule of a graph, told number by number, or path by path."""

from __future__ import annotations

import copy
import math
import os
from array import array
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from itertools import islice
from typing import Any

from scalargrad import core
from scalargrad.errors import ArgumentError
from scalargrad.look import paths, telling
from scalargrad.look.astray import astray
from scalargrad.look.drawing import boxes_of
from scalargrad.look.formats import require_format, saved
from scalargrad.look.page import building
from scalargrad.look.steps import Step, names_of, number, require_value, steps_of, users_of
from scalargrad.nodes.copies import flattened
from scalargrad.record import nodes
from scalargrad.table import ops

FORMATS = ("text", "markdown", "latex", "html")
ENDINGS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".html": "html", ".htm": "html"}
MOST = 200  # steps that are told, unless more are asked for
LISTED = 20  # paths that are listed, unless more are asked for


class Explanation:
    """An explanation. `str` is its text, in the format that was asked for. A notebook shows it as Markdown, and a
    page, of the format "html", in a frame that cannot reach the notebook."""

    def __init__(self, lines: Sequence[telling.Line], format: str, page: Callable[[], str]) -> None:
        self.lines, self.format, self._page = list(lines), format, page
        if format == "html":
            page()  # raises an error here, if at all

    def _in(self, format: str) -> str:
        return self._page() if format == "html" else telling.told(self.lines, format)

    def __str__(self) -> str:
        return self._in(self.format)

    def __repr__(self) -> str:
        return self._in("text")

    def _repr_markdown_(self) -> str | None:
        return None if self.format == "html" else self._in("markdown")

    def _repr_html_(self) -> str | None:
        if self.format != "html":
            return None
        style = "width: 100%; height: 45rem; border: 0"
        return f'<iframe title="explain" sandbox="allow-scripts" style="{style}" srcdoc="{escape(str(self))}"></iframe>'

    def save(self, path: str | os.PathLike[str]) -> str:
        """Writes it to a file: text, Markdown, LaTeX or HTML, by the end of its name, ``.txt``, ``.md``, ``.tex`` or
        ``.html``. Returns the path."""
        return saved(path, "an explanation", ENDINGS, self._file)

    def _file(self, format: str) -> bytes:
        return (self._in(format) + "\n" * (format != "html")).encode()


def explain(
    y: Any, x: Any = None, format: str = "text", *, max_steps: int = MOST, max_paths: int = LISTED
) -> Explanation:
    """Returns the chain rule told for the graph of a Value: all numbers forwards, then all derivatives backwards.
    ``dy/dx`` is a whole derivative, of all paths; ``∂v/∂x`` a local one, of a single use of x in the operation of v.

    With `x`, a Value that y was computed from, or its label, it lists the paths from x to y, with the product of the
    derivatives on each, the largest first, and their sum: the derivative of y by x. It says how many digits cancel in
    the sum. Of more than `max_paths` paths it shows the largest, and says how many there are.

    `format` is "text", "markdown", "latex" or "html": a page that steps through both passes, with keyboard or mouse,
    and with `x` lists the paths too. ``explain(y).save("y.html")`` writes it; the file needs nothing else. No grad is
    changed. Raises `ArgumentError` if x is not in the graph of y, if the graph has more than `max_steps` steps to tell,
    or if `max_paths` is below 1.

    >>> from scalargrad import Value
    >>> x = Value(3.0)
    >>> x.label = "x"
    >>> y = x * x + x
    >>> y.label = "y"
    >>> print(explain(y))
    Forwards
      x = 3
      v1 = x * x = 3 * 3 = 9
      y = v1 + x = 9 + 3 = 12
    Backwards
      dy/dy = 1
      dy/dv1 = dy/dy * ∂y/∂v1 = 1 * 1 = 1
      dy/dx = dy/dy * ∂y/∂x + dy/dv1 * ∂v1/∂x + dy/dv1 * ∂v1/∂x = 1 * 1 + 1 * 3 + 1 * 3 = 7
    >>> print(explain(y, "x"))
    3 paths lead from x to y
      x (operand 1) -> v1 -> y: 3 * 1 = 3
      x (operand 2) -> v1 -> y: 3 * 1 = 3
      x -> y: 1
    Their sum is the derivative; no digits cancel
      dy/dx = 3 + 3 + 1 = 7
    """
    require_value(y, "explain")
    require_format("explain", format, FORMATS)
    if max_paths < 1:
        raise ArgumentError(
            f"explain lists at least one path, got max_paths={max_paths}: max_paths=1 lists the largest"
        )
    steps, last = swept(y)
    names = names_of(steps)
    found: list[paths.Path] = []
    if x is None:
        _require_few(steps, max_steps)
        lines = _by_steps(steps, names, last)
    else:
        start = _place_of_label(steps, x) if isinstance(x, str) else _place_of(y, x)
        found, lines = _by_paths(steps, names, start, last, max_paths)

    @cache
    def page() -> str:
        _require_few(steps, max_steps)
        told = [" = ".join(line.sides) for line in (*lines[:1], *lines[1 + len(found) :])]
        return building.page(steps, names, last, boxes_of(steps, names), found, told)

    return Explanation(lines, format, page)


def _require_few(steps: Sequence[Step], most: int) -> None:
    if len(steps) > most:
        raise ArgumentError(
            f"the graph has {len(steps):,} steps, more than max_steps={most}. In Python, explain(y, x) tells what one"
            " number contributes, draw(y) shows the graph folded, and max_steps=... tells more. On the command line,"
            " explain --to NAME and draw do; explain as text, Markdown or LaTeX tells any number of steps"
        )


def swept(y: Any) -> tuple[list[Step], int]:
    """The steps of a Value, with the adjoints of a sweep from it, which changes no grad; and its position."""
    if core.key(y) is None:
        return [Step("", y.label, y.data, 1.0)], 0
    twin = copy.deepcopy(y)
    for leaf in flattened(twin).leaves:
        leaf.grad = 0.0
    twin.backward()
    return steps_of(flattened(twin))


def _by_steps(steps: Sequence[Step], names: Sequence[str], last: int) -> list[telling.Line]:
    told, users = [k for k, step in enumerate(steps) if not step.is_constant], users_of(steps, last)
    lines = [telling.Line(["Forwards"]), *(telling.forward(steps, names, k) for k in told), telling.Line(["Backwards"])]
    for k in reversed([k for k in told if k <= last]):
        terms = [(names[user], steps[user].grad, partial) for user, partial in users[k]]
        lines.append(telling.backward(names[last], names[k], terms, steps[k].grad))
    return lines + astray(steps, names, last)


def _by_paths(
    steps: Sequence[Step], names: Sequence[str], start: int, end: int, most: int
) -> tuple[list[paths.Path], list[telling.Line]]:
    """The paths that are listed; and the lines: a title, one for each, a remark and the sum."""
    count = paths.counted(steps, start, end)
    found = list(islice(paths.largest_first(steps, start, end), most))
    lead = f"{count:,} paths lead" if count != 1 else "1 path leads"
    lines = [telling.Line([f"{lead} from {names[start]} to {names[end]}"])]
    lines += [telling.product(path, steps, names) for path in found]
    products = [path.product for path in found]
    adjoint = number(steps[start].grad)
    sides, latex = [[telling.derivative(names[end], names[start], form)] for form in (False, True)]
    if len(found) < count:
        lines.append(telling.Line([f"These are the {len(found)} largest. The sum of all is the derivative"]))
    elif count == 1:
        lines.append(telling.Line(["The product is the derivative"]))
    else:
        lost = paths.digits_lost(products)
        cancelled = "all digits cancel" if lost == math.inf else f"{lost:.1f} digits cancel" if lost >= 0.05 else ""
        lines.append(telling.Line([f"Their sum is the derivative; {cancelled or 'no digits cancel'}"]))
        sides.append(" + ".join(map(number, products)).replace("+ -", "- "))
        latex.append(" + ".join(telling.latex_name(number(p)) for p in products).replace("+ -", "- "))
    lines.append(telling.Line([*sides, adjoint], [*latex, telling.latex_name(adjoint)]))
    return found, lines


def _place_of_label(steps: Sequence[Step], label: str) -> int:
    places = [k for k, step in enumerate(steps) if step.label == label]
    if len(places) != 1:
        known = ", ".join(sorted({step.label for step in steps if step.label})) or "none"
        count = "no number of the graph has" if not places else f"{len(places)} numbers of the graph have"
        raise ArgumentError(f"{count} the label {label!r}; its labels: {known}")
    return places[0]


def _place_of(y: Any, x: Any) -> int:
    """The position of x among the steps of y."""
    require_value(x, "explain(y, x)")
    if core.key(y) is None:
        if x is y:
            return 0
    elif core.key(x) is not None:
        together = flattened(y, x)
        if len(together.ops) == len(flattened(y).ops):
            return steps_of(together._replace(roots=together.roots[8:]))[1]
    else:
        record = flattened(y)
        for position, (op, operands) in enumerate(nodes(record)):
            if op == ops.LEAF and record.leaves[int(operands[0])] is x:
                return steps_of(record._replace(roots=array("Q", [position]).tobytes()))[1]
    raise ArgumentError("y was not computed from x: pass a leaf or a result in the graph of y, or its label")
