"""What a row of the ledger says, and where it stands in print."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NamedTuple

from scalargrad.errors import ScalargradError
from scalargrad.ledger.work import Work


class Source(NamedTuple):
    """A derivation in print: who wrote it, and what it is called."""

    key: str
    author: str
    title: str
    year: str = ""

    def __str__(self) -> str:
        return f"{self.author + ', ' if self.author else ''}“{self.title}”{', ' + self.year if self.year else ''}"


SOURCES: dict[str, Source] = {source.key: source for source in (
    Source("PH", "Terence Parr and Jeremy Howard", "The Matrix Calculus You Need For Deep Learning", "2018"),
    Source("CH", "", "The chain rule in error back-propagation (lecture notes)"),
    Source("LB", "", "Derivations of formulas that are common in machine learning (notes)"),
    Source("TL", "", "The gradients of L by W1, W2, b1, b2, proved with linear algebra (notes)"),
    Source("SM", "", "The derivative of softmax, and its back-propagation (notes)"),
    Source("GI", "Mike Giles",
           "Collected matrix derivative results for forward and reverse mode algorithmic differentiation",
           "2008"),
    Source("MC", "Kaare Petersen and Michael Pedersen", "The Matrix Cookbook", "2012"),
    Source("NW", "Jorge Nocedal and Stephen Wright", "Numerical Optimization", "2006"),
    Source("PE", "Barak Pearlmutter", "Fast exact multiplication by the Hessian", "1994"),
    Source("GW", "Andreas Griewank and Andrea Walther", "Evaluating Derivatives", "2008"),
    Source("ZS", "Biao Zhang and Rico Sennrich", "Root Mean Square Layer Normalization", "2019"),
    Source("BA", "Jimmy Ba, Jamie Kiros and Geoffrey Hinton", "Layer Normalization", "2016"),
    Source("HG", "Dan Hendrycks and Kevin Gimpel", "Gaussian Error Linear Units (GELUs)", "2016"),
    Source("VA", "Ashish Vaswani and others", "Attention Is All You Need", "2017"),
    Source("BD", "Yoshua Bengio, Réjean Ducharme, Pascal Vincent and Christian Jauvin",
           "A Neural Probabilistic Language Model", "2003"),
    Source("SR", "Nitish Srivastava and others",
           "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", "2014"),
    Source("SZ", "Christian Szegedy and others", "Rethinking the Inception Architecture for Computer Vision", "2016"),
    Source("KU", "Solomon Kullback and Richard Leibler", "On Information and Sufficiency", "1951"),
)}  # fmt: skip


class Misprint(NamedTuple):
    """A misprint in a source that changes no result of the row.

    `refute` shows on the row's numbers what the printed line gives, and what is right: each as a `work.refuted` call.
    Where there is none, `reason` says why no number differs.
    """

    text: str  # where it stands, and what
    refute: Callable[[Work], None] | None = None
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.reason})" if self.reason else self.text


class Row(NamedTuple):
    """A row of the ledger."""

    id: str
    title: str  # in words
    plain: str  # the statement, in Unicode
    latex: str  # the same, between dollars where it is mathematics
    functions: tuple[str, ...]  # in scalargrad.calculus
    test: str
    units: float  # of the tolerance, see `compare.Comparison`
    reason: str
    sources: tuple[str, ...]  # such as "PH 3.2": a key of SOURCES, and the section or number there
    work: Callable[[Work], None]
    truncation: str = ""  # the truncation error of a limit, besides roundings
    misprints: tuple[Misprint, ...] = ()

    @property
    def tolerance(self) -> str:
        """The tolerance, as the tables print it."""
        return f"{self.units:g}·n·ε·S{self.truncation}" if self.units else "equal"

    def run(self, work: Work) -> None:
        """Works the row out, and then its misprints, on the same numbers, unless these are given and too large."""
        self.work(work)
        for misprint in self.misprints:
            if misprint.refute:
                first = len(work.refutations)
                with contextlib.suppress(*([ArithmeticError, ScalargradError] if work.given else [])):
                    misprint.refute(work)
                work.refutations[first:] = [each._replace(of=misprint.text) for each in work.refutations[first:]]


class Erratum(NamedTuple):
    """A wrong form in a published derivation, and the right one: a counterexample shows where they part.

    `refute` computes both on the work's numbers, and the engine's result: each as a `work.refuted` call.
    """

    id: str
    row: str
    title: str
    wrong: str
    right: str
    wrong_latex: str
    right_latex: str
    sources: tuple[str, ...]
    test: str
    refute: Callable[[Work], None]
    units: float = 4.0  # of the tolerance between the right form and the engine

    def run(self, work: Work) -> None:
        """Works the wrong form out, and the right one."""
        self.refute(work)


def row(id: str, title: str, plain: str, latex: str, functions: str, test: str, units: float, reason: str,
        sources: str, work: Callable[[Work], None], truncation: str = "", misprints: tuple[Misprint, ...] = ()
        ) -> Row:  # fmt: skip
    """A row, with names separated by spaces and sources by semicolons."""
    cited = tuple(source.strip() for source in sources.split(";") if source.strip())
    return Row(id, title, plain, latex, tuple(functions.split()), f"test_{id}_{test}", units, reason, cited, work,
               truncation, misprints)  # fmt: skip


COPIES = "the entries are 0, 1 and the operands themselves: no rounding"
TERMS = "S is Σ of the sizes of the terms; n terms, each a product, and n additions: 2n roundings on either side"
