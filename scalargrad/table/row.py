"""The fields of a row of the table: `Row`, a primitive of fixed arity; `Reduction`; and `Joint`, of several results."""

from __future__ import annotations


class Row:
    """One primitive of fixed arity."""

    def __init__(
        self,
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
        method_of: str = "",
        function: bool = True,
    ) -> None:
        self.name = name
        self.operands = tuple(operands.split())  # those not called x or y can be passed by name
        self.value = value
        self.partials = partials  # none: a row that only expressions use
        self.symbol = symbol or name  # what `Value._op` shows
        self.kink = kink  # the convention at points without a derivative, for the documentation
        self.doc = doc  # one sentence: what the function returns
        self.example = example  # a call and its result, "exp(0.0) = 1.0"
        self.defaults = defaults  # of the last operands
        self.numpy = tuple(numpy.split())  # numpy's names for it, if they are not ours
        self.shortcut = shortcut  # if the last operand is this constant, that row is recorded
        self.method_of = operands.split().index(method_of) if method_of else 0  # the operand that a method's self is
        self.function = function  # False: only an operator, or a step of another function


class Reduction:
    """A primitive over any number of operands: one node, n partials.

    ``partial`` is an expression over the operand ``x``, its partner ``y`` if operands form pairs, the result ``z``, and
    the numbers ``s``, ``m`` and ``y`` that one pass over all operands gathers. `reductions.py` and
    csrc/table/reductions.c have the passes; `gathers` says in words what they find.
    """

    def __init__(
        self,
        name: str,
        in_words: str,
        partial: str,
        gathers: str = "",
        kink: str = "",
        first: int = 0,
        pairs: bool = False,
        weighted: bool = False,
        gather: str = "",
        constant: bool = True,
        slope: str = "p",
    ) -> None:
        self.name = name
        self.in_words = in_words  # its value, which `reductions.py` and csrc/table/reductions.c compute
        self.partial = partial
        self.gathers = gathers
        self.kink = kink
        self.first = first  # how many constants come before the operands
        self.pairs = pairs  # the other operands form pairs; the partner is the ``y`` of the partial
        self.weighted = weighted  # no derivative is taken by the second of each pair
        self.constant = constant  # and it is a constant
        self.gather = gather  # the name of the pass that finds s, m and y; none: they are 0
        self.slope = slope  # the partial as a node: an expression over x, y, z and the partial's number p; "": unknown

    def fits(self, n: int) -> bool:
        """Whether n operands are possible."""
        return n > 0 and n >= self.first and not (self.pairs and (n - self.first) % 2)

    def constants(self, n: int) -> tuple[int, ...]:
        """The positions, among n operands, of those that must be constants."""
        return (*range(self.first), *(range(self.first + 1, n, 2) if self.weighted and self.constant else ()))

    def arguments(self, n: int) -> range:
        """The positions, among n operands, of those that a derivative is taken by."""
        return range(self.first, n, 2 if self.weighted else 1)


class Joint:
    """An operation on any number of operands that has several results, each a node. `joint.py` and csrc/bulk/joint.c
    have its values and its rule.

    Its first result is a node of its opcode, with the operands. The others follow at once, each a node ``also``, whose
    operand is the first. So n results of m operands take n + m numbers, and not n * m.
    """

    def __init__(self, name: str, in_words: str, rule: str, first: int = 0) -> None:
        self.name = name
        self.in_words = in_words
        self.rule = rule  # in words: what the results contribute to the operands
        self.first = first  # how many constants come before the operands

    def fits(self, n: int) -> bool:
        """Whether n operands are possible."""
        return n > self.first

    def constants(self, n: int) -> tuple[int, ...]:
        """The positions, among n operands, of those that must be constants."""
        return tuple(range(self.first))

    def arguments(self, n: int) -> range:
        """The positions, among n operands, of those that a derivative is taken by."""
        return range(self.first, n)
