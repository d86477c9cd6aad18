"""A transformer, number by number, as in Karpathy's microgpt. `bulk` is the same with matrices.

Each number is a `Value`, or of another class that has its operators, and `data`, `exp`, `log` and `relu`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from scalargrad.demos.gpt.sizes import EPS, SPREAD, Sizes

Vector = list[Any]  # of numbers


def linear(x: Vector, weights: list[Vector]) -> Vector:
    """A sum per row of the weights: w[0] * x[0] + w[1] * x[1] + ..."""
    return [sum(w * a for w, a in zip(row, x)) for row in weights]


def softmax(scores: Vector) -> Vector:
    """Probabilities: exp of each score, divided by the sum. The largest is subtracted, so that none overflows."""
    largest = max(score.data for score in scores)
    exponentials = [(score - largest).exp() for score in scores]
    total = sum(exponentials)
    return [e / total for e in exponentials]


def normalised(x: Vector) -> Vector:
    """The numbers, scaled so that the mean of their squares is 1."""
    mean = sum(a * a for a in x) / len(x)
    scale = (mean + EPS) ** -0.5
    return [a * scale for a in x]


def added(x: Iterable[Any], y: Iterable[Any]) -> Vector:
    """The sums, number by number."""
    return [a + b for a, b in zip(x, y)]


class Layer:
    """Attention, by which a token takes from those before it; then a network of two layers, of each token by itself."""

    def __init__(self, sizes: Sizes, matrix: Callable[[int, int], list[Vector]]) -> None:
        width, self.head_width = sizes.width, sizes.head_width
        self.query, self.key, self.value, self.output = (matrix(width, width) for _ in range(4))
        self.up, self.down = matrix(4 * width, width), matrix(width, 4 * width)

    def __call__(self, x: Vector, keys: list[Vector], values: list[Vector]) -> Vector:
        """The vector of a token becomes another. Its key and value are added to those of the tokens before it."""
        y = normalised(x)
        query = linear(y, self.query)
        keys.append(linear(y, self.key))
        values.append(linear(y, self.value))
        x = added(linear(self._attended(query, keys, values), self.output), x)

        hidden = [a.relu() for a in linear(normalised(x), self.up)]
        return added(linear(hidden, self.down), x)

    def _attended(self, query: Vector, keys: list[Vector], values: list[Vector]) -> Vector:
        """The means of the values, one per head. A value weighs the more, the better its key fits the query."""
        found: Vector = []
        for start in range(0, len(query), self.head_width):
            head = slice(start, start + self.head_width)
            scores = [sum(q * k for q, k in zip(query[head], key[head])) / self.head_width**0.5 for key in keys]
            weights = softmax(scores)
            found += [sum(w * a for w, a in zip(weights, column)) for column in zip(*(value[head] for value in values))]
        return found


class Gpt:
    """A transformer with new weights, each made by `number`, drawn from Python's `random` in microgpt's order."""

    def __init__(self, sizes: Sizes, number: Callable[[float], Any]) -> None:
        def matrix(rows: int, columns: int) -> list[Vector]:
            return [[number(random.gauss(0.0, SPREAD)) for _ in range(columns)] for _ in range(rows)]

        self.sizes = sizes
        self.tokens, self.positions = matrix(sizes.tokens, sizes.width), matrix(sizes.block, sizes.width)
        self.lm_head = matrix(sizes.tokens, sizes.width)
        self.layers = [Layer(sizes, matrix) for _ in range(sizes.layers)]

    def parameters(self) -> list[Any]:
        """All weights, in the order in which they were drawn."""
        matrices = [self.tokens, self.positions, self.lm_head]
        for layer in self.layers:
            matrices += [layer.query, layer.key, layer.value, layer.output, layer.up, layer.down]
        return [w for matrix in matrices for row in matrix for w in row]

    def reader(self) -> Callable[[int], Vector]:
        """A function that is called with one token after another, and returns the scores of the next one.

        It keeps the keys and values of the tokens that it was called with, at most `block`.
        """
        past: list[tuple[list[Vector], list[Vector]]] = [([], []) for _ in self.layers]

        def read(token: int) -> Vector:
            keys, _ = past[0]
            x = normalised(added(self.tokens[token], self.positions[len(keys)]))
            for layer, (keys, values) in zip(self.layers, past):
                x = layer(x, keys, values)
            return linear(x, self.lm_head)

        return read

    def loss(self, tokens: Sequence[int]) -> Any:
        """The mean of -log(p), where p is the probability that the network gave to each next token."""
        read = self.reader()
        losses = [-softmax(read(token))[following].log() for token, following in pairwise(tokens)]
        return sum(losses) / len(losses)
