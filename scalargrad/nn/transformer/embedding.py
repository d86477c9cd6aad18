"""The embedding of tokens: a vector of parameters for each."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, overload

from scalargrad import core
from scalargrad.arrays.types import Matrix, Vector
from scalargrad.convert import in_order, index, short
from scalargrad.errors import IndexingError, ShapeError
from scalargrad.nn.initialisers import size
from scalargrad.nn.module import Weighted

if TYPE_CHECKING:
    from scalargrad.functions import Foreign


class Embedding(Weighted):
    """A table of vectors, one per token: the rows of `weight` at the positions that are given.

    The weight is a Matrix of shape (num_embeddings, embedding_dim), drawn from the normal distribution. For a sequence
    of n tokens, ints from 0 on, a call returns a Matrix (n, embedding_dim); for one int, a Vector. A token that comes
    several times collects the gradients of all its places. Raises `IndexingError` for a token that the table lacks,
    negative ones included, and `ShapeError` for nested sequences. Source: PyTorch's Embedding.

    >>> embedding = Embedding(27, 4)
    >>> embedding([0, 5, 5]).shape, embedding(5).shape, embedding([0, 5])[1].data == embedding(5).data
    ((3, 4), (4,), True)
    """

    num_embeddings: int
    embedding_dim: int
    weight: Matrix

    _may_lack = ()

    def __init__(self, num_embeddings: int, embedding_dim: int) -> None:
        self.num_embeddings = size(num_embeddings, "num_embeddings", 1)
        self.embedding_dim = size(embedding_dim, "embedding_dim", 1)
        self.weight = Matrix(
            [[random.gauss(0.0, 1.0) for _ in range(self.embedding_dim)] for _ in range(self.num_embeddings)]
        )

    @overload
    def __call__(self, tokens: int) -> Vector: ...
    @overload
    def __call__(self, tokens: Iterable[int] | Foreign) -> Matrix: ...
    def __call__(self, tokens: Any) -> Any:
        if not isinstance(tokens, bool) and (one := index(tokens)) is not None:
            return self.weight[self._position(one)]
        given: Any = tokens
        if hasattr(given, "dtype") and hasattr(given, "tolist"):  # numpy's array, or another library's
            given = given.tolist()
        items = None if isinstance(given, (core.Node, str, bytes)) else in_order(given, "an Embedding")
        if items is None:
            raise IndexingError(
                f"an Embedding takes an int or a list of ints, got {type(tokens).__name__}{_text(given)}"
            )
        return self.weight[[self._position(k) for k in items]]

    def _position(self, token: Any) -> int:
        found = None if isinstance(token, bool) else index(token)
        if found is None:
            if hasattr(token, "__len__") and not isinstance(token, (str, bytes)):
                raise ShapeError(
                    f"an Embedding takes one sequence of ints, got a {type(token).__name__} in it: call it for each"
                    " sequence"
                )
            raise IndexingError(f"an Embedding takes ints, got {type(token).__name__} {short(token)}{_text(token)}")
        if not 0 <= found < len(self.weight):
            last, advice = len(self.weight) - 1, "make it with num_embeddings greater than each token"
            if found < 0:
                advice = "tokens are not counted from the end, and padding needs a token of its own"
            raise IndexingError(f"this Embedding has the tokens 0 to {last}, got {short(found)}: {advice}")
        return found

    def __repr__(self) -> str:
        return f"Embedding({self.num_embeddings}, {self.embedding_dim})"


def _text(x: Any) -> str:
    return ": write the position of each letter or word in a list of all" if isinstance(x, (str, bytes)) else ""
