"""Attention with several heads, of one sequence."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Literal, overload

from scalargrad import core
from scalargrad.arrays.arithmetic import affine, as_array, elementwise
from scalargrad.arrays.base import mask_of
from scalargrad.arrays.reading import is_data
from scalargrad.arrays.types import Mask, Matrix, Vector, concat
from scalargrad.arrays.view import ones
from scalargrad.convert import are_bools, flag, index
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.nn.initialisers import INITIALISERS, size
from scalargrad.nn.layers import Linear, array_of
from scalargrad.nn.module import Weighted
from scalargrad.nn.transformer.dropout import dropped, probability
from scalargrad.table.ops import OPCODE

if TYPE_CHECKING:
    from typing import TypeAlias

    from scalargrad.functions import Foreign
    from scalargrad.nn.layers import Batch

    Rows: TypeAlias = Matrix | Batch | Foreign
_WHERE = OPCODE["where"]
_EARLIER = "for attention to earlier tokens alone write causal=True"
_NEVER = -sys.float_info.max  # the score of a masked position: finite, since nothing is wrong with it, and its exp is 0


class MultiHeadAttention(Weighted):
    """Each token of a sequence takes from others what its query finds in their keys, once per head.

    A call takes one sequence, a Matrix of T rows and `embed_dim` columns, and returns a Matrix of the same shape. Each
    head has d = embed_dim / num_heads columns of the queries, keys and values, which are linear functions of the input,
    and computes softmax(Q @ K.T / sqrt(d)) @ V; `out_proj`, a `Linear`, mixes the heads.

    - ``attention(x)`` is self-attention; ``attention(query, key, value)`` takes keys and values from S other tokens.
      The value is the key, if it is not given.
    - `causal=True`: no token sees a later one.
    - `attn_mask`, of shape (T, S): bools, True where a token must not look; or floats or Values, which are added to
      the scores, -inf where it must not look. Ints are refused, since they may be meant as bools.
    - `dropout`: the probability with which a weight of the attention is set to 0, in training; see `Dropout`.
    - ``attention(x, need_weights=True)`` returns the output and a list of the weights: a Matrix (T, S) per head.

    The parameters are PyTorch's: `in_proj_weight` (3 embed_dim, embed_dim), by xavier_uniform; `in_proj_bias`, zeros;
    and those of `out_proj`, whose bias is zeros. `bias=False` leaves both biases out. In PyTorch the class is
    MultiheadAttention; it takes a batch of sequences too, and always returns a pair, with the mean of the weights. Here
    a batch is a call per sequence. Raises `ArgumentError` for arguments that do not fit, and for a token that may look
    at nothing; `ShapeError` for inputs that do not fit.

    >>> attention = MultiHeadAttention(4, 2, causal=True)
    >>> x = [[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]]
    >>> y, weights = attention(x, need_weights=True)
    >>> y.shape, len(weights), weights[0].data[0]
    ((2, 4), 2, [1.0, 0.0])
    """

    embed_dim: int
    num_heads: int
    dropout: float
    causal: bool
    in_proj_weight: Matrix
    in_proj_bias: Vector | None
    out_proj: Linear

    _weights = {"in_proj_weight": Matrix, "in_proj_bias": Vector}  # noqa: RUF012
    _may_lack = ("in_proj_bias",)
    _whole = True  # one row of a summary

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, causal: bool = False
    ) -> None:
        width, heads = size(embed_dim, "embed_dim", 1), size(num_heads, "num_heads", 1)
        if width % heads:
            raise ArgumentError(
                f"embed_dim must be a multiple of num_heads, so that all heads have the same width, got {width} and"
                f" {heads}"
            )
        self.embed_dim, self.num_heads = width, heads
        self.dropout, self.causal = dropout, causal
        has_bias, draw = flag(bias, "bias"), INITIALISERS["xavier_uniform"]
        self.in_proj_weight = Matrix([[draw(width, 3 * width, 1.0) for _ in range(width)] for _ in range(3 * width)])
        self.in_proj_bias = Vector([0.0] * (3 * width)) if has_bias else None
        self.out_proj = Linear(width, width, bias=has_bias)
        if self.out_proj.bias is not None:
            self.out_proj.bias.data = 0.0

    def __setattr__(self, name: str, x: Any) -> None:
        if name in ("dropout", "causal"):
            x = probability(x, name, _EARLIER) if name == "dropout" else flag(x, name)
        super().__setattr__(name, x)

    @overload
    def __call__(
        self,
        query: Rows,
        key: Rows | None = None,
        value: Rows | None = None,
        attn_mask: Any = None,
        need_weights: Literal[False] = False,
    ) -> Matrix: ...
    @overload
    def __call__(
        self,
        query: Rows,
        key: Rows | None = None,
        value: Rows | None = None,
        attn_mask: Any = None,
        *,
        need_weights: Literal[True],
    ) -> tuple[Matrix, list[Matrix]]: ...
    def __call__(
        self, query: Any, key: Any = None, value: Any = None, attn_mask: Any = None, need_weights: bool = False
    ) -> Any:  # fmt: skip
        returns_weights = flag(need_weights, "need_weights")
        q, k, v = self._projected(query, key, value)
        blocked, added = _masks(attn_mask, self.causal, (len(q), len(k)))
        width = self.embed_dim // self.num_heads
        q = q * (1.0 / math.sqrt(width))
        outputs, weights = [], []
        for first in range(0, self.embed_dim, width):
            head = slice(first, first + width)
            scores = q[:, head] @ k[:, head].T
            if added is not None:
                scores = scores + added
            if blocked is not None:
                scores = elementwise(_WHERE, blocked, _NEVER, scores)
            shares = scores.softmax()
            if self.training:
                shares = dropped(shares, self.dropout)
            outputs.append(shares @ v[:, head])
            weights.append(shares)
        y = self.out_proj(outputs[0] if len(outputs) == 1 else concat(outputs, axis=1))
        return (y, weights) if returns_weights else y

    def _projected(self, query: Any, key: Any, value: Any) -> list[Any]:
        """The queries, keys and values. Those of the same input are one product."""
        x, width = self._sequence(query, "query"), self.embed_dim
        if key is None and value is None:
            found = affine(x, self.in_proj_weight.T, self.in_proj_bias)
            return [found[:, k * width : (k + 1) * width] for k in range(3)]
        if key is None:
            raise ArgumentError("attention got a value without a key: write attention(query, key, value)")
        keys = self._sequence(key, "key")
        values = keys if value is None else self._sequence(value, "value")
        if len(keys) != len(values):
            raise ShapeError(f"each key has a value, got {len(keys)} keys and {len(values)} values")
        parts = [slice(k * width, (k + 1) * width) for k in range(3)]
        bias = self.in_proj_bias
        return [
            affine(each, self.in_proj_weight[part].T, None if bias is None else bias[part])
            for each, part in zip((x, keys, values), parts)
        ]

    def _sequence(self, given: Any, name: str) -> Any:
        """A sequence of at least one token, as a Matrix. Raises `ShapeError`."""
        x = array_of(given, f"the {name} of an attention")
        if x.ndim != 2 or x.shape[1] != self.embed_dim or not len(x):
            one = ": write x[None, :] for one token" if x.shape == (self.embed_dim,) else ""
            raise ShapeError(
                f"the {name} of this attention is a matrix of at least one token, a row of {self.embed_dim}"
                f" number{'s' * (self.embed_dim != 1)} each; got shape {x.shape}{one}"
            )
        return x

    def __repr__(self) -> str:
        options = f", dropout={self.dropout}" * bool(self.dropout) + ", bias=False" * (self.in_proj_bias is None)
        return f"MultiHeadAttention({self.embed_dim}, {self.num_heads}{options}{', causal=True' * self.causal})"


def _masks(given: Any, causal: bool, shape: tuple[int, int]) -> tuple[Any, Any]:
    """Where a token must not look, a Mask; and what is added to the scores. Each may be None.

    Raises `ShapeError` for a mask of another shape, `ArgumentError` for a token that may look at nothing, and for ints.
    """
    later = _later(*shape) if causal and shape[1] > 1 else None
    if given is None:
        return later, None
    listed = isinstance(given, (list, tuple))
    ready = hasattr(given, "is_mask") or (are_bools(given) and not listed)  # a Mask, a Matrix, or bools of numpy
    plain = given if ready else _plain(given)
    if not are_bools(plain) and _are_ints(plain):
        bools = "[[False, True], ...]" if listed else "mask == 1"
        raise ArgumentError(
            f"attn_mask has bools, or floats that are added to the scores, got ints: write {bools}, True where a token"
            " must not look"
        )
    try:
        found: Any = Mask(plain) if are_bools(plain) else as_array(given)
    except NumberError:
        if is_data(given):
            raise
        found = None
    if found is None or found.shape != shape:
        got = type(given).__name__ if found is None else f"shape {found.shape}"
        raise ShapeError(f"attn_mask has a row per query and a column per key: it needs shape {shape}, got {got}")
    added: Any = None
    if not found.is_mask:
        added, found = found, found == -math.inf
        if found.any():
            added = elementwise(_WHERE, found, 0.0, added)
    blocked = found if later is None else later | found
    full = blocked.all(axis=1).tolist()
    if True in full:
        raise ArgumentError(
            f"token {full.index(True)} may look at nothing: True in attn_mask is where it must not look; for a mask of"
            " where it may, write ~mask"
        )
    return blocked, added


def _plain(x: Any, depth: int = 2) -> Any:
    """Lists of Python's bools and numbers in place of arrays and scalars of other libraries."""
    listed = x.tolist() if hasattr(x, "tolist") else x
    return [_plain(item, depth - 1) for item in listed] if depth and isinstance(listed, (list, tuple)) else listed


def _are_ints(x: Any) -> bool:
    """Whether these are nested lists of ints alone. Zeros and ones would hardly change the scores."""
    rows = x if isinstance(x, list) else []
    items = [item for row in rows if isinstance(row, list) for item in row]
    return len(items) > 0 and all(index(item) is not None for item in items)


def _later(rows: int, columns: int) -> Any:
    """A Mask of where a token would see a later one."""
    flags = b"".join(bytes(min(row + 1, columns)) + b"\1" * (columns - row - 1) for row in range(rows))
    return mask_of(2, core.whole(core.doubles(ones(flags), False), rows, columns), False)
