"""What is done with an expression: ``grad``, ``hessian``, ``check``, ``explain`` and ``draw``."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from scalargrad import Value, hessian
from scalargrad.commands.given import Given
from scalargrad.commands.language import CONSTANTS, FUNCTIONS, ExpressionError, unknown
from scalargrad.errors import ArgumentError, GradientMismatchError
from scalargrad.extras import WIDTH, wrapped
from scalargrad.testing import check_grad

ABOUT = {
    "grad": "Print the value of an expression and its derivative by each name.",
    "hessian": "Print the second derivatives of an expression by each pair of names.",
    "check": "Compare each derivative with a numerical one. The exit code is 1 if they disagree.",
    "explain": "Tell the chain rule, number by number, or with --to along the paths from a name.",
    "draw": "Draw the graph of an expression, as text or into a file.",
}
_EXAMPLES = {
    "grad": ["grad 'x**2*y' x=3 y=2", "grad 'sum(w*w) + x' x=1e-3 w=1,2,3"],
    "hessian": ["hessian 'x**2*y' x=3 y=2"],
    "check": ["check 'sin(x)*exp(-x**2)' x=1.5"],
    "explain": ["explain 'sin(x)*exp(-x**2)' x=1.5", "explain 'x*x + x' x=3 --to x",
                "explain 'x*x + x' x=3 --out steps.md"],
    "draw": ["draw 'x*x + x' x=3", "draw 'x*x + x' x=3 --out graph.svg"],
}  # fmt: skip
_LANGUAGE = (
    f"an expression has numbers, {' '.join(CONSTANTS)}, the names given, + - * / // % **, [x, y], x[0], and the"
    " functions below; a choice is where(x > 0, a, b), with comparisons, and, or, not before its first comma:"
)


def epilog(command: str) -> str:
    """What stands below the options: examples, and the language."""
    examples = "".join(f"  scalargrad {example}\n" for example in _EXAMPLES[command])
    return f"examples:\n{examples}\n{wrapped(_LANGUAGE)}\n{wrapped(' '.join(sorted(FUNCTIONS)), '  ')}"


def add_arguments(parser: argparse.ArgumentParser, command: str) -> None:
    """Adds the arguments of a command to its parser."""
    parser.add_argument("expression", metavar="EXPRESSION", help="such as 'sin(x)*exp(-x**2)', in quotes")
    parser.add_argument("numbers", metavar="NAME=NUMBER", nargs="*",
                        help="a number, x=1.5 or x=pi/2, or several, w=1,2,3, of which w[0] is one")  # fmt: skip
    parser.set_defaults(refuse=parser.error)
    if command not in ("explain", "draw"):
        return
    if command == "explain":
        from scalargrad.look.explaining import FORMATS
    else:
        from scalargrad.look.drawing import FORMATS
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--format", choices=[each for each in FORMATS if each != "png"],
                       help="of what is printed (default: text)")  # fmt: skip
    group.add_argument("--out", metavar="FILE", help="write a file; the end of its name says in which format")
    if command == "explain":
        parser.add_argument("--to", metavar="NAME", help="tell the paths from this name to the result")


def run(command: str, options: argparse.Namespace) -> int:
    """Runs a command by its options. Returns the exit code."""
    try:
        return _COMMANDS[command](Given(options.expression, options.numbers), options)
    except ExpressionError as error:
        return options.refuse(str(error))  # type: ignore[no-any-return]


def _aligned(rows: Sequence[tuple[str, float]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}} = {value!r}" for name, value in rows)


def _grad(given: Given, options: argparse.Namespace) -> int:
    leaves, y = given.values()
    if isinstance(y, Value):
        y.backward()
    value = y.data if isinstance(y, Value) else y
    slopes = [(f"d{given.result}/d{leaf.label}", leaf.grad) for leaf in leaves]
    print(_aligned([(given.result, value), *slopes]))
    return 0


def _hessian(given: Given, options: argparse.Namespace) -> int:
    n = len(given.numbers)
    y = given.values()[1]
    rows = hessian(given.for_each())(given.numbers) if isinstance(y, Value) else [[0.0] * n] * n
    print(f"{given.result} = {y.data if isinstance(y, Value) else y!r}\n")
    print(_table(given.labels, rows))
    return 0


def _table(names: Sequence[str], rows: Sequence[Sequence[float]]) -> str:
    """A square of numbers with its names; if it is too wide, some of the columns after the others.

    >>> print(_table(["x", "y"], [[0.0, 2.0], [2.0, 0.25]]))
          x     y
    x     0     2
    y     2  0.25
    """
    cells = [[f"{x + 0.0:.8g}" for x in row] for row in rows]
    first = max(map(len, names))
    width = max(first, *(len(cell) for row in cells for cell in row)) + 2
    count = max((WIDTH - first) // width, 1)
    blocks = []
    for start in range(0, len(names), count):
        shown = [("", names), *zip(names, cells)]
        blocks.append("\n".join(f"{name:{first}}" + "".join(f"{cell:>{width}}" for cell in row[start : start + count])
                                for name, row in shown))  # fmt: skip
    return "\n\n".join(blocks)


def _check(given: Given, options: argparse.Namespace) -> int:
    y = _value(given)
    if not all(map(math.isfinite, [*given.numbers, y.data])):
        raise ArgumentError("derivatives are checked where the numbers and the result are finite; the result here is"
                            f" {y.data!r}")  # fmt: skip
    try:
        report = check_grad(given.for_each(), given.numbers)
    except GradientMismatchError as error:
        report = error.report
    print(f"{given.result} = {y.data!r}")
    failed = 0
    for label, entry in zip(given.labels, report.entries):
        shown = f"d{given.result}/d{label} = {entry.engine!r}"
        if entry.kink and entry.conventional:
            verdict = f" at a kink: slope {entry.kink[0]:.6g} on the left, {entry.kink[1]:.6g} on the right"
        elif entry.confirmed:
            verdict = f", by {entry.method} {entry.numeric!r}: holds"
        else:
            failed += 1
            note = f". {entry.note}" if entry.note else ""
            verdict = f", by {entry.method} {entry.numeric!r}, estimated error {entry.estimate:.1e}: FAILS{note}"
        print(wrapped(shown + verdict, "", "  "))
    if failed:
        print(f"scalargrad: {failed} of {len(given.labels)} derivatives are not confirmed", file=sys.stderr)
    return int(failed > 0)


def _explain(given: Given, options: argparse.Namespace) -> int:
    from scalargrad.look import explaining

    y = _value(given)
    if options.to is not None and options.to not in given.labels:
        hint = unknown(options.to, given.labels) or f"its names are {', '.join(given.labels[:10])}"
        raise ExpressionError(f"argument --to: the expression has no {options.to}: {hint}")
    of_file = explaining.ENDINGS.get(os.path.splitext(options.out or "")[1].lower())
    most = explaining.MOST if "html" in (options.format, of_file) else sys.maxsize  # a page draws the steps too
    told = explaining.explain(y, options.to, options.format or "text", max_steps=most)
    if options.out is not None:
        return _saved(told, options.out)
    for line in str(told).rstrip("\n").split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        print(wrapped(line.strip(), indent, "    ") if options.format in (None, "text") else line)
    return 0


def _draw(given: Given, options: argparse.Namespace) -> int:
    from scalargrad.look import drawing

    y = _value(given)
    y.backward()
    picture = drawing.draw(y, options.format or "text")
    if options.out is not None:
        return _saved(picture, options.out)
    print(str(picture).rstrip("\n"))
    return 0


def _value(given: Given) -> Value:
    y = given.values()[1]
    if not isinstance(y, Value):
        raise ExpressionError(f"the expression depends on no name: it is {y!r}")
    return y


def _saved(shown: Any, path: str) -> int:
    try:
        print(f"written: {shown.save(path)}")
    except ArgumentError as error:
        raise ExpressionError(f"argument --out: {error}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or error
        print(wrapped(f"scalargrad: cannot write {path}: {reason}", "", "  "), file=sys.stderr)
        return 1
    return 0


_COMMANDS: dict[str, Callable[[Given, argparse.Namespace], int]] = {
    "grad": _grad, "hessian": _hessian, "check": _check, "explain": _explain, "draw": _draw,
}  # fmt: skip
