"""`explain`: the chain rule of a graph, told number by number, or path by path."""

from __future__ import annotations

import math
import os
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from itertools import islice
from typing import Any

from scalargrad import core
from scalargrad.contexts import aside
from scalargrad.errors import ArgumentError
from scalargrad.look import paths, telling
from scalargrad.look.astray import astray
from scalargrad.look.drawing import boxes_of
from scalargrad.look.formats import require_format, saved
from scalargrad.look.page import building
from scalargrad.look.steps import (
    Step,
    names_of,
    number,
    placed,
    require_count,
    require_value,
    several,
    users_of,
    whole_name,
    with_shares,
)
from scalargrad.nodes.copies import flattened, rebuilt
from scalargrad.nodes.displays import printable
from scalargrad.value import Value

FORMATS = ("text", "markdown", "latex", "html")
ENDINGS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".html": "html", ".htm": "html"}
MOST = 200  # steps that are told, unless more are asked for
LISTED = 20  # paths that are listed, unless more are asked for


class Explanation:
    """An explanation. `str` is its text, in the format that was asked for. A notebook shows it as Markdown, and a
    page, of the format "html", in a frame that cannot reach the notebook."""

    def __init__(self, lines: Sequence[telling.Line], format: str, page: Callable[[], str]) -> None:
        self.lines, self.format, self._page, self._text = list(lines), format, page, ""
        if format == "html":
            self._in(format)  # raises an error here, if at all

    def _in(self, format: str) -> str:
        if format != "html":
            return telling.told(self.lines, format)
        self._text = self._text or self._page()
        return self._text

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
    the sum. Of more than `max_paths` paths it shows the largest, and says how many there are. A leaf ``p`` that was set
    between its uses is told apart, as ``p@1`` and ``p@0.9``: each has a share of its derivative.

    `format` is "text", "markdown", "latex" or "html": a page that steps through both passes, with keyboard or mouse,
    and with `x` lists the paths too. ``explain(y).save("y.html")`` writes it; the file needs nothing else. No grad is
    changed. Raises `ArgumentError` if x is not in the graph of y, if the graph has more than `max_steps` steps to tell,
    or if a limit is not an int of at least 1.

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
    most = require_count(max_paths, "explain lists at least one path, got max_paths={}: max_paths=1 lists the largest")
    limit = require_count(max_steps, "explain tells at least one step, got max_steps={}: leave it out for 200")
    steps, last, places = _swept(y)
    found: list[paths.Path] = []
    if x is None:
        names = names_of(steps)
        _require_few(steps, limit)
        lines = _by_steps(steps, names, last)
    else:
        starts = _places_of_label(steps, x) if isinstance(x, str) else _places_of(y, x, steps, places)
        names = names_of(steps)
        found, lines = _by_paths(steps, names, starts, last, most)
    return Explanation(lines, format, partial(_page, steps, names, last, found, lines, limit))


def _page(
    steps: Sequence[Step], names: Sequence[str], last: int, found: Sequence[paths.Path], lines: Sequence[telling.Line],
    limit: int,
) -> str:  # fmt: skip
    _require_few(steps, limit)
    told = [" = ".join(line.sides) for line in (*lines[:1], *lines[1 + len(found) :])]
    return building.page(steps, names, last, boxes_of(steps, names), found, told)


def _require_few(steps: Sequence[Step], most: int) -> None:
    if len(steps) > most:
        raise ArgumentError(
            f"the graph has {len(steps):,} steps, more than max_steps={most}. In Python, explain(y, x) tells what one"
            " number contributes, draw(y) shows the graph folded, and max_steps=... tells more. On the command line,"
            " explain --to NAME and draw do; explain as text, Markdown or LaTeX tells any number of steps"
        )


def swept(y: Any) -> tuple[list[Step], int]:
    """The steps of a Value, with the adjoints of a sweep from it, which changes no grad; and its position."""
    return _swept(y)[:2]


def _swept(y: Any) -> tuple[list[Step], int, list[int]]:
    """The same; and the position of each node of the record among the steps."""
    if core.key(y) is None:
        return [Step("", y.label, y.data, 1.0, leaf=0)], 0, [0]
    record = flattened(y)
    leaves = [_twin(leaf) for leaf in record.leaves]
    with aside():  # no anomaly: it is to be explained
        (twin,) = rebuilt(record._replace(leaves=leaves, grads=b""))
        twin.backward()
    steps, places = placed(flattened(twin))
    last = places[array("Q", record.roots)[0]]
    return with_shares(steps, last), last, places


def _twin(leaf: Any) -> Value:
    twin = Value(leaf.data)
    if leaf.label:
        twin.label = leaf.label
    return twin


def _by_steps(steps: Sequence[Step], names: Sequence[str], last: int) -> list[telling.Line]:
    told, users = [k for k, step in enumerate(steps) if not step.is_constant], users_of(steps, last)
    lines = [telling.Line(["Forwards"]), *(telling.forward(steps, names, k) for k in told), telling.Line(["Backwards"])]
    for k in reversed([k for k in told if k <= last]):
        terms = [(names[user], steps[user].grad, slope) for user, slope in users[k]]
        lines.append(telling.backward(names[last], names[k], terms, steps[k].grad))
    lines += [telling.shares(steps, names, last, own) for own in several(steps).values()]
    pairs = [(steps[user].grad, slope) for k in told for user, slope in users[k]]
    if any(0.0 in pair and not math.isfinite(sum(pair)) for pair in pairs):
        lines.append(telling.Line([telling.NOTHING]))
    return lines + astray(steps, names, last)


def _by_paths(
    steps: Sequence[Step], names: Sequence[str], starts: Sequence[int], end: int, most: int
) -> tuple[list[paths.Path], list[telling.Line]]:
    """The paths that are listed; and the lines: a title, one for each, remarks and the sum."""
    count = paths.counted(steps, starts, end)
    if not count:
        raise _not_in_graph()
    found = list(islice(paths.largest_first(steps, starts, end), most))
    name, grad = whole_name(steps, names, starts[0]), steps[starts[0]].grad
    whole = steps[starts[0]].whole
    adjoint = number(grad if whole is None else whole)
    lead = f"{telling.large(count)} paths lead" if count != 1 else "1 path leads"
    lines = [telling.Line([f"{lead} from {name} to {names[end]}"])]
    lines += [telling.product(path, steps, names) for path in found]
    if len(starts) > 1:
        lines.append(telling.Line([telling.set_between(name, [names[k] for k in starts])]))
    products = [path.product for path in found]
    sides, latex = [[telling.derivative(names[end], name, form)] for form in (False, True)]
    if not all(math.isfinite(x) for path in found for x in (path.product, *path.partials)):
        lines.append(telling.Line([telling.NOT_FINITE]))
    elif len(found) < count:
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


def _places_of_label(steps: Sequence[Step], label: str) -> list[int]:
    """The steps of the number with a label: several, if it is a leaf that was set in between."""
    found = [k for k, step in enumerate(steps) if step.label == label] if label else []
    count = len({steps[k].leaf if steps[k].leaf >= 0 else -1 - k for k in found})
    if count != 1:
        known = ", ".join(sorted({printable(step.label) for step in steps if step.label})) or "none"
        lead = "no number of the graph has" if not found else f"{count} numbers of the graph have"
        raise ArgumentError(f"{lead} the label {label!r}; its labels: {known}")
    return found


def _places_of(y: Any, x: Any, steps: Sequence[Step], places: Sequence[int]) -> list[int]:
    """The steps of x among those of y."""
    require_value(x, "explain(y, x)")
    if core.key(y) is None:
        if x is y:
            return [0]
    elif core.key(x) is not None:
        together = flattened(y, x)
        if len(together.ops) == len(places):
            return [places[array("Q", together.roots)[1]]]
    else:
        own = next((k for k, leaf in enumerate(flattened(y).leaves) if leaf is x), None)
        if own is not None:
            return [k for k, step in enumerate(steps) if step.leaf == own]
    raise _not_in_graph()


def _not_in_graph() -> ArgumentError:
    return ArgumentError("y was not computed from x: pass a leaf or a result in the graph of y, or its label")
