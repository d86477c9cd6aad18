"""What a row of the table says: of a primitive of fixed arity, and of a reduction."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One primitive of fixed arity."""

    name: str
    operands: tuple[str, ...]  # those not called x or y may be given by name
    value: str
    partials: tuple[str, ...] = ()
    symbol: str = ""  # what `Value._op` shows, where it is not the name
    kink: str = ""  # the convention where the derivative does not exist, for the documentation
    doc: str = ""  # one sentence: what the function returns
    example: str = ""  # a call and what it returns, "exp(0.0) = 1.0"
    defaults: tuple[float, ...] = ()  # of the last operands
    numpy: tuple[str, ...] = ()  # numpy's names for it, where they are not ours
    shortcut: tuple[float, str] | None = None  # with this constant as the last operand, that row is recorded
    function: bool = True  # False: an operator alone, or a step of another function


class Reduction(NamedTuple):
    """A primitive over any number of operands: one node, n partials.

    ``partial`` is an expression over the operand ``x``, the result ``z``, and what one pass over the operands
    gathers: ``m``, the largest, and ``s``, a count or a sum (`gathers` says which).
    """

    name: str
    value: str
    partial: str
    gathers: str = ""
    kink: str = ""
    first: int = 0  # how many constants come first
    pairs: bool = False  # the others come in pairs: the partner is the ``y`` of the partial
    weighted: bool = False  # the second of each pair is a constant
    ties: bool = False  # s counts the operands equal to the result
    shifted: bool = False  # m and s are those of a sum of exp(x - m)

    def fits(self, n: int) -> bool:
        """Whether there may be n operands."""
        return n > 0 and n >= self.first and not (self.pairs and (n - self.first) % 2)

    def constants(self, n: int) -> tuple[int, ...]:
        """The positions of n operands at which only constants may stand."""
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
    """A row with an opcode: a primitive that can be recorded."""
    return Row(name, tuple(operands.split()), value, partials, symbol or name, kink, doc, example, defaults,
               tuple(numpy.split()), shortcut, function)  # fmt: skip


def internal(name: str, operands: str, value: str) -> Row:
    """A row that appears in expressions only."""
    return Row(name, tuple(operands.split()), value, function=False)
