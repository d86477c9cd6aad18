"""The transformer of `scalar` with matrices: all tokens at once, a row each. The numbers are the same."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import lru_cache
from itertools import count
from typing import NamedTuple

import scalargrad as sg
from scalargrad import losses
from scalargrad.demos.gpt.sizes import EPS, SPREAD, Sizes
from scalargrad.nn import Module, RMSNorm


class _Heads(NamedTuple):
    """How n queries become a row per token and head. All are constants.

    A row has the query of its token, with zeros in the columns of other heads. So its product with a key, which has the
    columns of all heads, is the product of that head's parts.
    """

    repeated: sg.Matrix  # its product with a matrix of n rows has each row once per head
    mine: sg.Matrix  # ones in the columns of a row's head, and zeros elsewhere
    later: sg.Matrix  # -inf where a token would see a later one, and zeros elsewhere: for one token zeros alone


@lru_cache(64)  # all lengths of short texts; of long ones so many take less memory than a step
def _heads(n: int, sizes: Sizes) -> _Heads:
    """The constants for n tokens: parts of those for all."""
    if n < sizes.block:
        most, count = _heads(sizes.block, sizes), n * sizes.heads
        return _Heads(most.repeated[:count, :n], most.mine[:count], most.later[:count, :n])
    rows = [(token, head) for token in range(n) for head in range(sizes.heads)]
    owners = [column // sizes.head_width for column in range(sizes.width)]
    return _Heads(
        sg.constant([[float(k == token) for k in range(n)] for token, _ in rows]),
        sg.constant([[float(owner == head) for owner in owners] for _, head in rows]),
        sg.constant([[0.0 if k <= token else -math.inf for k in range(n)] for token, _ in rows]),
    )


def _matrix(rows: int, columns: int) -> sg.Matrix:
    return sg.Matrix([[random.gauss(0.0, SPREAD) for _ in range(columns)] for _ in range(rows)])


class Layer(Module):
    """Attention, by which a token takes from those before it; then a network of two layers, of each token by itself."""

    def __init__(self, sizes: Sizes) -> None:
        width = sizes.width
        self.query, self.key, self.value, self.output = (_matrix(width, width) for _ in range(4))
        self.up, self.down = _matrix(4 * width, width), _matrix(width, 4 * width)
        self.norm = RMSNorm(width, eps=EPS, elementwise_affine=False)
        self._scale = 1.0 / math.sqrt(sizes.head_width)

    def __call__(self, x: sg.Matrix, heads: _Heads, past: list[sg.Matrix] | None = None) -> sg.Matrix:
        """The tokens become others. `past` has the keys and the values of those before, to which theirs are added."""
        y = self.norm(x)
        keys, values = y @ self.key.T, y @ self.value.T
        if past is not None:
            keys, values = past[:] = [sg.concat(pair) for pair in zip(past, (keys, values))]
        attended = (self.weights(y, keys, heads) @ values) * heads.mine
        x = (heads.repeated.T @ attended) @ self.output.T + x
        return (self.norm(x) @ self.up.T).relu() @ self.down.T + x

    def weights(self, y: sg.Matrix, keys: sg.Matrix, heads: _Heads) -> sg.Matrix:
        """How much each token takes from each: a row per token and head. Takes the normalised tokens, and all keys."""
        queries = (heads.repeated @ (y @ self.query.T)) * heads.mine
        return (queries @ keys.T * self._scale + heads.later).softmax()


class Gpt(Module):
    """A transformer with new weights, drawn from Python's `random` in microgpt's order.

    A call takes n tokens, at most `block`, and returns the scores of the token after each: a Matrix (n, tokens).
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.tokens, self.positions = _matrix(sizes.tokens, sizes.width), _matrix(sizes.block, sizes.width)
        self.lm_head = _matrix(sizes.tokens, sizes.width)
        self.layers = [Layer(sizes) for _ in range(sizes.layers)]
        self.norm = RMSNorm(sizes.width, eps=EPS, elementwise_affine=False)

    def __call__(self, tokens: list[int]) -> sg.Matrix:
        x, heads = self._embedded(tokens), _heads(len(tokens), self.sizes)
        for layer in self.layers:
            x = layer(x, heads)
        return x @ self.lm_head.T

    def _embedded(self, tokens: list[int]) -> sg.Matrix:
        return self.norm(self.tokens[tokens] + self.positions[: len(tokens)])

    def loss(self, tokens: list[int]) -> sg.Value:
        """The mean of -log(p), where p is the probability that the network gave to each next token."""
        return losses.cross_entropy(self(tokens[:-1]), tokens[1:])

    def reader(self) -> Callable[[int], sg.Vector]:
        """A function that is called with one token after another, and returns the scores of the next one.

        It keeps the keys and values of the tokens that it was called with. Raises `IndexingError` after `block` calls.
        """
        none, heads, places = self.positions[:0], _heads(1, self.sizes), count()
        past = [[none, none] for _ in self.layers]

        def read(token: int) -> sg.Vector:
            x = self.norm(self.tokens[[token]] + self.positions[[next(places)]])
            for layer, before in zip(self.layers, past):
                x = layer(x, heads, before)
            return (x @ self.lm_head.T)[0]

        return read

    def attention(self, tokens: list[int]) -> list[list[list[list[float]]]]:
        """How much each token takes from each: per layer and head, a row per token."""
        found = []
        with sg.no_grad():
            x, heads = self._embedded(tokens), _heads(len(tokens), self.sizes)
            for layer in self.layers:
                y = layer.norm(x)
                rows = layer.weights(y, y @ layer.key.T, heads).data
                found.append([rows[head :: self.sizes.heads] for head in range(self.sizes.heads)])
                x = layer(x, heads)
        return found
