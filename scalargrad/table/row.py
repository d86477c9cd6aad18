"""The fields of a row of the table: `Row`, a primitive of fixed arity, and `Reduction`."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One primitive of fixed arity."""

    name: str
    operands: tuple[str, ...]  # those not called x or y can be passed by name
    value: str
    partials: tuple[str, ...] = ()
    symbol: str = ""  # what `Value._op` shows, if it is not the name
    kink: str = ""  # the convention at points without a derivative, for the documentation
    doc: str = ""  # one sentence: what the function returns
    example: str = ""  # a call and its result, "exp(0.0) = 1.0"
    defaults: tuple[float, ...] = ()  # the defaults of the last operands
    numpy: tuple[str, ...] = ()  # numpy's names for it, if they are not ours
    shortcut: tuple[float, str] | None = None  # if the last operand is this constant, that row is recorded
    function: bool = True  # False: only an operator, or a step of another function


class Reduction(NamedTuple):
    """A primitive over any number of operands: one node, n partials.

    ``partial`` is an expression over the operand ``x``, the result ``z``, and two numbers that one pass over the
    operands gathers: ``m``, the largest, and ``s``, a count or a sum (`gathers` says which).
    """

    name: str
    in_words: str  # its value, which `reductions.py` and csrc/table/reductions.c compute
    partial: str
    gathers: str = ""
    kink: str = ""
    first: int = 0  # how many constants come before the operands
    pairs: bool = False  # the other operands form pairs; the partner is the ``y`` of the partial
    weighted: bool = False  # the second of each pair is a constant
    ties: bool = False  # s counts the operands equal to the result
    shifted: bool = False  # s is the sum of exp(x - m)

    def fits(self, n: int) -> bool:
        """Whether n operands are possible."""
        return n > 0 and n >= self.first and not (self.pairs and (n - self.first) % 2)

    def constants(self, n: int) -> tuple[int, ...]:
        """The positions, among n operands, of those that must be constants."""
        return (*range(self.first), *(range(self.first + 1, n, 2) if self.weighted else ()))


def row(
    name: str,
    operands: str,
    value: str,
    *partials: str,
    symbol: str = "",
    kink: str = "",
    doc: str = "",
    example: str = "",
    defaults: tuple[float, ...] = (),
    numpy: str = "",
    shortcut: tuple[float, str] | None = None,
    function: bool = True,
) -> Row:
    """A row with an opcode: a primitive that graphs record."""
    return Row(name, tuple(operands.split()), value, partials, symbol or name, kink, doc, example, defaults,
               tuple(numpy.split()), shortcut, function)  # fmt: skip


def internal(name: str, operands: str, value: str) -> Row:
    """A row that only expressions use."""
    return Row(name, tuple(operands.split()), value, function=False)
