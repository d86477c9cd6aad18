"""The lines of an explanation, as text, Markdown or LaTeX."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from scalargrad.look.paths import Path
from scalargrad.look.steps import Step, number, whole_name
from scalargrad.table.libm import zmul

# What the lines say where the arithmetic of a sweep is not that of a sum of products.
NOTHING = "In a sweep 0 times inf or nan is 0"
NOT_FINITE = (
    "Not all of these numbers are finite, so their sum tells nothing: the sweep adds up before it multiplies, and in it"
    " 0 times inf or nan is 0. It gives"
)
JOINT = "from all results of the operation together"

SHOWN = 10  # steps of a path


class Line(NamedTuple):
    """A title, or an equation, by its sides: in text, and in LaTeX."""

    sides: Sequence[str]
    latex: Sequence[str] = ()

    @property
    def is_title(self) -> bool:
        """Whether it is a title or a remark."""
        return not self.latex


def told(lines: Sequence[Line], format: str) -> str:
    """The lines in a format: "text", "markdown" or "latex"."""
    if format == "text":
        return "\n".join(line.sides[0] if line.is_title else "  " + " = ".join(line.sides) for line in lines)
    if format == "markdown":
        rows = [
            f"\n**{_in_markdown(line.sides[0])}**\n" if line.is_title else f"- ${_in_math(' = '.join(line.latex))}$"
            for line in lines
        ]
        return "\n".join(rows).strip()
    found: list[str] = []
    rows = []
    for line in [*lines, Line([""])]:
        if not line.is_title:
            rows.append("  " + " &= ".join([line.latex[0], *[" = ".join(line.latex[1:])] * (len(line.latex) > 1)]))
            continue
        if rows:
            found.append("\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}")
            rows = []
        if line.sides[0]:
            found.append(f"\\paragraph{{{_escaped(line.sides[0])}}}")
    return "\n".join(found)


def _in_markdown(text: str) -> str:
    """A text for Markdown: no HTML, no formula, no cell of a table."""
    return "".join(f"&#{ord(x)};" if x in "<>&$" else f"\\{x}" if x in "\\`*_[]|~#" else x for x in text)


def _in_math(text: str) -> str:
    """A formula for Markdown, which looks for HTML, code and tables first: the names in it have no signs of these."""
    marks = {"<": r"}\lt\text{", ">": r"}\gt\text{", "|": r"}\vert\text{", "`": "\u02cb"}
    parts = re.split(r"(\\text\{(?:[^{}\\]|\\.|\{\})*\})", text)
    return "".join("".join(marks.get(x, x) for x in part) if k % 2 else part for k, part in enumerate(parts))


def _escaped(text: str) -> str:
    """A text for LaTeX."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(x, f"\\{x}" if x in "#$%&_{}" else x) for x in text)


def latex_name(name: str) -> str:
    """The name of a number in LaTeX: a letter with an index, a number, or a text.

    >>> latex_name("x12"), latex_name("w"), latex_name("loss_1"), latex_name("1e-20")
    ('x_{12}', 'w', '\\\\text{loss\\\\_1}', '10^{-20}')
    """
    if len(name) > 1 and name[0].isalpha() and name[0].isascii() and name[1:].isdigit():
        return f"{name[0]}_{{{name[1:]}}}"
    mantissa, mark, exponent = name.partition("e")
    if mark and mantissa.lstrip("-").replace(".", "", 1).isdigit():
        power = f"10^{{{int(exponent)}}}"
        return power if mantissa == "1" else rf"{mantissa} \cdot {power}"
    if name in ("inf", "-inf", "nan"):
        return name.replace("inf", r"\infty").replace("nan", r"\text{nan}")
    plain = (len(name) == 1 and name.isascii() and name.isalnum()) or name.lstrip("-").replace(".", "", 1).isdigit()
    return name if plain else rf"\text{{{_escaped(name)}}}"


def operation(step: Step, own: Sequence[str], most: int = sys.maxsize) -> str:
    """The operation of a step, of the names or numbers of its operands: ``a * b``, ``tanh(a)``, ``a**2``, ``-a``. Of
    more than `most` operands of a function, the first and the last ones are told."""
    op = step.op
    if op in ("/", "//", "**", *_INFIX) and len(own) == 2:
        left, right = (bracketed(x, place, op) for place, x in enumerate(own))
        made = left + (op if op == "**" else f" {op} ") + right
        return f"({made})" if op in _RELATIONS else made
    if op == "neg":
        return f"-{bracketed(own[0], 1, '-')}"
    if op.startswith("**"):
        return bracketed(own[0], 0, "**") + op
    if op == "exp" and len(own) == 2:
        return f"exp({own[0]} - {bracketed(own[1], 1, '-')})"
    return f"{op}({_arguments(op, own, '[{}]', most)})"


def _arguments(op: str, own: Sequence[str], vector: str, most: int = sys.maxsize) -> str:
    """The arguments of an operation, as they are written: a dot product has two vectors."""
    if op == "dot" and len(own) > 2:
        return ", ".join(vector.format(_arguments("", own[k::2], vector, most // 2)) for k in range(2))
    return ", ".join(_cut(len(own), own.__getitem__, most=most))


def bracketed(text: str, place: int, op: str) -> str:
    """An operand in brackets, if it is a negative number that would stand after an operator."""
    return f"({text})" if text.startswith("-") and (place or op == "**") else text


def forward(steps: Sequence[Step], names: Sequence[str], k: int) -> Line:
    """How the number of step k is computed."""
    step, shown, sides, latex = steps[k], number(steps[k].data), [names[k]], [latex_name(names[k])]
    if step.op:
        named, texts = [names[x] for x in step.operands], [number(steps[x].data) for x in step.operands]
        for own in (named, texts) if named != texts else (named,):
            sides.append(operation(step, own))
            latex.append(_formula(step, [*map(_plain, own)])[0])
    if sides[-1] != shown:  # unlike -2 = -2
        sides.append(shown)
        latex.append(latex_name(shown))
    return Line(sides, latex)


def derivative(y: str, x: str, latex: bool = False) -> str:
    """The whole derivative of y by x: of all paths between them."""
    return rf"\frac{{d {latex_name(y)}}}{{d {latex_name(x)}}}" if latex else f"d{y}/d{x}"


def partial(y: str, x: str, latex: bool = False) -> str:
    """The local derivative of y by its operand x: of one use of x, the other operands held fast."""
    return rf"\frac{{\partial {latex_name(y)}}}{{\partial {latex_name(x)}}}" if latex else f"∂{y}/∂{x}"


def backward(y: str, name: str, terms: Sequence[tuple[str, float, float]], adjoint: float) -> Line:
    """How the derivative of y by a number is computed: from (the name of a user, its adjoint, its partial) each."""
    shown = number(adjoint)
    sides, latex = [derivative(y, name)], [derivative(y, name, True)]
    if terms and not agrees([zmul(a, p) for _, a, p in terms], adjoint):
        return Line([*sides, JOINT, shown], [*latex, rf"\text{{{JOINT}}}", latex_name(shown)])
    if terms:
        sides.append(" + ".join(f"{derivative(y, user)} * {partial(user, name)}" for user, _, _ in terms))
        latex.append(" + ".join(f"{derivative(y, user, True)} {partial(user, name, True)}" for user, _, _ in terms))
        products = [(bracketed(number(a), k, "+"), bracketed(number(p), 1, "*")) for k, (_, a, p) in enumerate(terms)]
        sides.append(" + ".join(f"{a} * {p}" for a, p in products))
        latex.append(" + ".join(rf"{_latex_number(a)} \cdot {_latex_number(p)}" for a, p in products))
    return Line([*sides, shown], [*latex, latex_name(shown)])


def agrees(gains: Sequence[float], adjoint: float) -> bool:
    """Whether contributions add up to an adjoint, as a reader sees it. Those of joint operations need not: a sweep
    takes all their results together."""
    total = 0.0
    for gain in gains:
        total += gain
    if math.isfinite(total) and math.isfinite(adjoint):
        return abs(total - adjoint) <= 1e-5 * sum(map(abs, gains))
    return total == adjoint or (total != total and adjoint != adjoint)


def set_between(name: str, own: Sequence[str]) -> str:
    """A remark on a leaf with several numbers."""
    listed = ", ".join(_cut(len(own), own.__getitem__))
    return f"{name} was set between its uses: its derivative is the sum of the shares of {listed}"


def share(steps: Sequence[Step], names: Sequence[str], last: int, k: int) -> str:
    """A remark on the share of a leaf with several numbers."""
    whole = derivative(names[last], whole_name(steps, names, k))
    return f"it is a share of {whole}, whose shares add up to {number(steps[k].whole or 0.0)}"


def shares(steps: Sequence[Step], names: Sequence[str], last: int, own: Sequence[int]) -> Line:
    """The grad of a leaf with several numbers, as the sum of their shares, the last one first, as a sweep adds."""
    name, shown = whole_name(steps, names, own[0]), number(steps[own[0]].whole or 0.0)
    sides, latex = [[derivative(names[last], name, form)] for form in (False, True)]
    order = own[::-1]
    for side, form in ((sides, False), (latex, True)):
        text = latex_name if form else str
        side.append(" + ".join(_cut(len(own), lambda n, form=form: derivative(names[last], names[order[n]], form))))  # type: ignore[misc]
        gains = _cut(len(own), lambda n, text=text: text(number(steps[order[n]].grad)))  # type: ignore[misc]
        side += [" + ".join(gains).replace("+ -", "- "), text(shown)]
    return Line(sides, latex)


def large(count: Decimal) -> str:
    """A count in figures, or its power of ten.

    >>> large(Decimal(1234567)), large(Decimal(2) ** 1000)
    ('1,234,567', 'about 10^301')
    """
    return f"{int(count):,}" if count < 10**30 else f"about 10^{round(count.log10())}"


def _latex_number(text: str) -> str:
    return f"({latex_name(text[1:-1])})" if text.startswith("(") else latex_name(text)


def _cut(count: int, text: Callable[[int], str], dots: str = "...", most: int = SHOWN) -> list[str]:
    """The texts of so many items, or of many those of the first and the last ones."""
    if count <= most:
        return [*map(text, range(count))]
    half = most // 2
    return [*map(text, range(half)), dots, *map(text, range(count - half, count))]


def product(path: Path, steps: Sequence[Step], names: Sequence[str], arrow: str = "->") -> Line:
    """A path, and the product of its derivatives. Where an operation uses a number more than once, the line says as
    which operand it is used: ``x (operand 2) -> v1``."""
    count, shown = len(path.partials), number(path.product)

    def use(n: int) -> str:
        is_one = n == count or steps[path.steps[n + 1]].operands.count(path.steps[n]) == 1
        return "" if is_one else f" (operand {path.places[n] + 1})"

    def station(n: int) -> str:
        return rf"{latex_name(names[path.steps[n]])}\text{{{use(n)}}}" if use(n) else latex_name(names[path.steps[n]])

    def factor(n: int) -> str:
        return bracketed(number(path.partials[n]), n, "*")

    way = f" {arrow} ".join(_cut(count + 1, lambda n: names[path.steps[n]] + use(n)))
    sides = [f"{way}: {' * '.join(_cut(count, factor)) or shown}", shown]
    multiplied = r" \cdot ".join(_cut(count, lambda n: _latex_number(factor(n)), r"\cdots"))
    way = r" \to ".join(_cut(count + 1, station, r"\cdots"))
    latex = [rf"{way}\colon {multiplied or shown}", latex_name(shown)]
    return Line(sides, latex) if count > 1 else Line(sides[:1], latex[:1])


# --- in LaTeX: an operation, and a whole graph -----------------------------------------------------------------------

_SUM, _TERM, _POWER, _ATOM = range(4)  # how tightly a formula holds together
_RELATIONS = {"<": "<", "<=": r"\le", "==": "=", "!=": r"\ne"}  # in brackets: = and a number follow
_INFIX = {"+": ("+", _SUM), "-": ("-", _SUM), "*": (r"\cdot", _TERM), "%": (r"\bmod", _POWER),
          **{op: (sign, _SUM) for op, sign in _RELATIONS.items()}}  # fmt: skip


def formula(steps: Sequence[Step], names: Sequence[str], last: int) -> str:
    """A number as a LaTeX formula of what it was computed from, then the number. A result that has a label, or that is
    used more than once, has a line of its own, above."""
    used = Counter(operand for step in steps for operand in step.operands)
    own = [k for k, step in enumerate(steps) if k == last or (step.op and (step.label or used[k] > 1))]
    texts: list[tuple[str, int]] = []
    lines: list[tuple[str, str]] = []
    for k, step in enumerate(steps):
        plain, shown = _plain(names[k]), latex_name(number(step.data))
        made = _formula(step, [texts[operand] for operand in step.operands]) if step.op else plain
        texts.append(plain if k in own else made)
        if k in own:
            is_named = step.op and (step.label or len(own) > 1)
            lines.append((plain[0], f"{made[0]} = {shown}") if is_named else (made[0], shown))
    if len(lines) == 1:
        return rf"$\displaystyle {' = '.join(lines[0])}$"
    return r"$\displaystyle \begin{aligned} " + r" \\ ".join(map(" &= ".join, lines)) + r" \end{aligned}$"


def _plain(name: str) -> tuple[str, int]:
    """A name or a number as a formula."""
    text = latex_name(name)
    return text, _SUM if text.startswith("-") else _POWER if "^" in text else _ATOM


def _formula(step: Step, own: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """An operation, of the formulas of its operands; and how tightly it holds together."""
    op, texts = step.op, [text for text, _ in own]
    if op in _INFIX and len(own) == 2:
        sign, level = _INFIX[op]
        made = f"{_held(own[0], level)} {sign} {_held(own[1], level + 1)}"
        if op in _RELATIONS:
            return rf"\left({made}\right)", _ATOM
        return made, _SUM - 1 if op == "%" else level  # a remainder stands in brackets wherever it is an operand
    if op in ("/", "//"):
        quotient = rf"\frac{{{texts[0]}}}{{{texts[1]}}}"
        return (quotient, _POWER) if op == "/" else (rf"\left\lfloor {quotient} \right\rfloor", _ATOM)
    if op == "neg":
        return f"-{_held(own[0], _TERM)}", _SUM
    if op.startswith("**"):
        return f"{_held(own[0], _ATOM)}^{{{latex_name(op[2:]) if op[2:] else texts[1]}}}", _POWER
    if op == "exp" and len(own) == 2:
        texts = [f"{_held(own[0], _SUM)} - {_held(own[1], _TERM)}"]
    if op == "sqrt":
        return rf"\sqrt{{{texts[0]}}}", _ATOM
    arguments = _arguments(op, texts, r"\left[{}\right]")
    return rf"\operatorname{{{_escaped(op)}}}\left({arguments}\right)", _ATOM


def _held(part: tuple[str, int], wanted: int) -> str:
    """A formula, in brackets if it does not hold together as tightly as wanted."""
    text, level = part
    return text if level >= wanted else rf"\left({text}\right)"
