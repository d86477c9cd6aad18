"""Mutants by rule: single lines of the sources, broken as a careless colleague would, drawn by a seed.

The rules are those of universalmutator (regular expressions on a line: operators, comparisons, numbers, conditions,
arguments in the wrong order, a statement left out). They know no language, so a draw is kept only where the program
still compiles and differs: in Python by its syntax tree without docstrings and annotations, in C by its machine code.
Expressions of the table are text in `ops.py`, and the rules reach into text, so they are broken like all else.
"""

from __future__ import annotations

import ast
import contextlib
import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Lines on which every mutant is either trivial or means nothing.
IGNORED = [r"^\s*(from|import) ", r"^\s*#", r"^\s*/?\*", r"^\s*//", r"^\s*(__all__|__slots__)\b", r"^\s*@overload"]


@dataclass(frozen=True)
class Mutant:
    """A line of a file, and what it becomes."""

    file: str
    line: int
    old: str
    new: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same when the line moves."""
        return self.file, self.old.strip(), self.new.strip()

    def apply(self, source: str) -> str:
        lines = source.splitlines(keepends=True)
        assert lines[self.line - 1] == self.old
        lines[self.line - 1] = self.new
        return "".join(lines)

    def __str__(self) -> str:
        new = self.new.strip() or "(nothing)"
        return f"{self.file}:{self.line}: {self.old.strip()}  ->  {new}"


def candidates(root: Path, file: str) -> list[Mutant]:
    """Every mutant of a file that the rules know, also those that do not compile."""
    from universalmutator.mutator import mutants_regexp

    lines = (root / file).read_text().splitlines(keepends=True)
    rules = ["universal.rules", *(["c_like.rules", "c.rules"] if file.endswith((".c", ".h")) else ["python.rules"])]
    with contextlib.redirect_stdout(io.StringIO()):
        found = mutants_regexp(lines, rules, ignorePatterns=IGNORED)
    # a statement put behind another one is no slip that anybody makes
    return [Mutant(file, line, lines[line - 1], new) for line, new, *_ in found if new.count("\n") == 1]


class _Bare(ast.NodeTransformer):
    """Leaves out what does nothing: docstrings and annotations."""

    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]  # type: ignore[attr-defined]
        for name in ("annotation", "returns"):
            if isinstance(getattr(node, name, None), ast.AST):
                setattr(node, name, None if not isinstance(node, ast.AnnAssign) else ast.Name("a", ast.Load()))
        return node


def bare(source: str) -> str | None:
    """What a Python source does, as text; None where it is none."""
    try:
        return ast.dump(_Bare().visit(ast.parse(source)))
    except (SyntaxError, ValueError):
        return None


def draws(
    root: Path, files: Sequence[str], seed: int, meaning: Callable[[str, str], object | None]
) -> Iterator[Mutant]:
    """An endless line of different mutants: a line of all the files' lines, then one of its mutants.

    `meaning(file, source)` is what the program does, or None where it is no program; a mutant of the same meaning as
    its source is passed over.
    """
    at: dict[tuple[str, int], list[Mutant]] = {}
    for file in files:
        for mutant in candidates(root, file):
            at.setdefault((file, mutant.line), []).append(mutant)
    lines, chance = sorted(at), random.Random(seed)
    sources = {file: (root / file).read_text() for file in files}
    while lines:
        k = chance.randrange(len(lines))
        here = at[lines[k]]
        mutant = here.pop(chance.randrange(len(here)))
        if not here:
            lines.pop(k)
        new = meaning(mutant.file, mutant.apply(sources[mutant.file]))
        if new is not None and new != meaning(mutant.file, sources[mutant.file]):
            # one fault a line is enough
            if here:
                lines.pop(k)
            yield mutant
