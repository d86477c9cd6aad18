"""The numbers of names, as they are typed: ``x=1.5``, or several, ``x=1,2,3``."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import Any

from scalargrad import Value, Vector
from scalargrad.commands.expression import Expression
from scalargrad.commands.language import CONSTANTS, FUNCTIONS, ExpressionError, cut
from scalargrad.convert import short

MOST = 100  # numbers that may be given
WORK = 10_000  # how many they may be, times the numbers that the expression makes, where it is evaluated for each


class Given:
    """The expression of a command, and the numbers that it is given: all in one list, each with its label.

    >>> given = Given("sum(w*w) + x", ["x=1", "w=2,3"])
    >>> given.numbers, given.labels, given.result
    ([1.0, 2.0, 3.0], ['x', 'w[0]', 'w[1]'], 'y')
    >>> given(given.numbers).data
    14.0
    """

    def __init__(self, text: str, words: Iterable[str]) -> None:
        self._sizes: dict[str, int] = {}  # by name; 0 for a single number
        self.numbers: list[float] = []
        for word in words:
            name, numbers = _pair(word)
            if name in self._sizes:
                raise ExpressionError(f"{cut(name)} is given twice")
            self._sizes[name] = len(numbers) if isinstance(numbers, list) else 0
            self.numbers += numbers if isinstance(numbers, list) else [numbers]
            if len(self.numbers) > MOST:
                raise ExpressionError(f"{len(self.numbers):,} numbers are given, and {MOST} may be: write it in Python")
        self.expression = Expression(text, self._sizes)
        if not self.numbers:
            raise ExpressionError("no number is given: derivatives are by names, such as x in `'x**2' x=3`")
        self.labels = [f"{name}[{k}]" if size else name for name, size in self._sizes.items() for k in range(size or 1)]
        free = chain(("y", "f", "z", "result"), (f"y_{k}" for k in count()))
        self.result = next(name for name in free if name not in self._sizes)

    def __call__(self, numbers: Sequence[Any]) -> Any:
        """The expression of other numbers, or of Values, in the order of the labels."""
        rest = iter(numbers)
        return self.expression({
            name: Vector([next(rest) for _ in range(size)]) if size else next(rest)
            for name, size in self._sizes.items()
        })  # fmt: skip

    def values(self) -> tuple[list[Value], Value | float]:
        """The numbers as Values with labels, and the result, with its own label if it is none of them."""
        leaves = [Value(number, label=label) for number, label in zip(self.numbers, self.labels)]
        y = self(leaves)
        if isinstance(y, Value) and not any(y is leaf for leaf in leaves):
            y.label = self.result
        return leaves, y

    def for_each(self) -> Given:
        """This, if its expression can be evaluated for each of the numbers in a few seconds; else an error."""
        self(self.numbers)
        if len(self.numbers) * self.expression.made > WORK:
            raise ExpressionError("the expression is too long for so many numbers: write it in Python, or give fewer")
        return self


def _pair(word: str) -> tuple[str, float | list[float]]:
    before, sign, text = word.partition("=")
    name = unicodedata.normalize("NFKC", before.strip())  # as Python reads names
    if not sign:
        raise ExpressionError(f"{short(word)} is not understood: numbers are given as in x=1.5, and the expression, in"
                              " quotes, comes before them")  # fmt: skip
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ExpressionError(f"{short(word)} is not understood: a name is one word of letters, as in x=1.5")
    if name in FUNCTIONS or name in CONSTANTS:
        what = "a function" if name in FUNCTIONS else "a constant"
        raise ExpressionError(f"{name} is {what}: choose another name")
    return name, _numbers(cut(name), text)


def _numbers(name: str, text: str) -> float | list[float]:
    """A number as `float` reads it, or an expression without names; several, with commas between."""
    parts = text.rstrip().removesuffix(",").split(",")
    try:
        numbers = [float(part) for part in parts]
        return numbers if "," in text else numbers[0]
    except ValueError:
        pass
    if not text.strip():
        raise ExpressionError(f"{name}= lacks its number: write {name}=1.5")
    try:
        found = Expression(text, ()).evaluated({})
    except ExpressionError as error:
        raise ExpressionError(f"the number of {name}: {error}") from None
    if not hasattr(found, "__len__"):
        return found  # type: ignore[no-any-return]
    if not len(found):
        raise ExpressionError(f"{name}= lacks its numbers: write {name}=1,2,3")
    return [Value(x).data if isinstance(x, float) else x.data for x in found]
