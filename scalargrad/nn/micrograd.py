"""Networks: micrograd's Neuron, Layer and MLP.

A neuron's weights are Values in a list, and can be replaced one by one. A layer also keeps one block of all its
parameters, from which it records a whole batch in bulk. After an edit it makes a new block.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from scalargrad import core
from scalargrad.arrays import Matrix, Vector
from scalargrad.arrays.arithmetic import affine, as_array, elementwise
from scalargrad.arrays.base import Array, of_shape, of_view, shown_as
from scalargrad.convert import flag
from scalargrad.core import View
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.nn.initialisers import ACTIVATIONS, INITIALISERS, chosen, size
from scalargrad.nn.lists import Noted, kept
from scalargrad.nn.module import Module
from scalargrad.value import Value

if TYPE_CHECKING:
    from scalargrad.functions import Flat, Foreign
    from scalargrad.nn.layers import Batch

_edition = object()  # replaced at each edit of any neuron or layer; what a layer kept under another edition is stale


def _edited() -> None:
    global _edition
    _edition = object()


class Parts(Noted):
    """A list of weights, neurons or layers. Its edits make the blocks of layers stale."""

    def _edited(self) -> None:
        _edited()


class _Edited(Module):
    """A module whose changes all count as edits."""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, Parts(value) if type(value) is list else value)
        _edited()

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        _edited()


def _is_batch(x: Any) -> bool:
    """Whether x is a batch, which has two dimensions."""
    if isinstance(x, (list, tuple)):
        return bool(x) and (isinstance(x[0], (list, tuple)) or getattr(x[0], "ndim", 0) == 1)
    return getattr(x, "ndim", 0) == 2


def _sized(x: Any) -> Any:
    """A sample that has a length. Raises `ShapeError` for a single number."""
    if hasattr(x, "__len__"):
        return x
    if isinstance(x, Value) or not hasattr(x, "__iter__"):
        raise ShapeError(f"a sample is a list of numbers, got {type(x).__name__}: write [x]")
    return list(x)


def _listed(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


class Neuron(_Edited):
    """activation(w·x + b), or w·x + b if `nonlin` is false. The bias is 0 at first; `init` draws the weights.

    `w` is a list of Values, `b` a Value. Each can be replaced by another Value, or by a float, which is not a
    parameter. `activation` is one of relu, tanh, sigmoid, leaky_relu, elu, silu, softplus, linear. `init` is one of
    uniform (``random.uniform(-1, 1)``, as in micrograd), xavier_uniform, kaiming_normal, kaiming_uniform; `fan_out` is
    the number of neurons over the same inputs. Raises `ArgumentError` for other names; a call raises `ShapeError` for
    another number of inputs than `nin`.

    >>> n = Neuron(2)
    >>> n, len(n.parameters())
    (ReLUNeuron(2), 3)
    """

    nonlin = True
    activation = "relu"

    def __init__(
        self, nin: int, nonlin: bool = True, activation: str = "relu", init: str = "uniform", fan_out: int = 1
    ) -> None:
        size(nin, "nin")
        size(fan_out, "fan_out")
        gain = chosen(ACTIVATIONS, activation, "activation").gain if flag(nonlin, "nonlin") else 1.0
        draw = chosen(INITIALISERS, init, "initialiser")
        self.w = [Value(draw(nin, fan_out, gain)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin
        self.activation = activation

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "activation":
            chosen(ACTIVATIONS, value, "activation")
        elif name == "nonlin":
            flag(value, "nonlin")
        super().__setattr__(name, value)

    def __call__(self, x: Iterable[Any]) -> Value:
        if _is_batch(x):
            raise ShapeError("a Neuron takes one sample, got a batch: a Layer takes batches")
        sample: Any = x if type(x) is list else _sized(x)
        if len(sample) != len(self.w):
            raise ShapeError(f"{self} takes {len(self.w)} inputs per sample, got {len(sample)}")
        # not `sum`: since Python 3.12 it adds floats, as pruned weights have, with a compensation
        act: Any = reduce(operator.add, (wi * xi for wi, xi in zip(self.w, sample)), self.b)
        if act is self.b:  # no inputs: times 1, because a result must not be a parameter
            act = act * 1.0
        return ACTIVATIONS[self.activation](act) if self.nonlin else act  # type: ignore[no-any-return]

    def parameters(self) -> list[Value]:
        return [p for p in (*self.w, self.b) if isinstance(p, Value) and core.key(p) is None]

    def __repr__(self) -> str:
        return f"{ACTIVATIONS[self.activation].title if self.nonlin else 'Linear'}Neuron({len(self.w)})"


def _notes_edits(part: Any) -> bool:
    """Whether all edits of a neuron or layer are noted: the lists in it do so."""
    if type(part) is Layer:
        return _note_edits(part.neurons)
    return type(part) is Neuron and type(part.w) is Parts


def _note_edits(parts: Any) -> bool:
    return type(parts) is Parts and all(map(_notes_edits, parts))


class _Assembly(_Edited):
    """A module whose parameters are those of a list of parts, its attribute `_list`. It keeps them until an edit."""

    _list: str
    _kept_parameters: tuple[Any, ...] = (None, None)

    def parameters(self) -> list[Value]:
        edition, found = self._kept_parameters
        if edition is not _edition:
            edition, parts = _edition, getattr(self, self._list)
            found = kept([p for part in parts for p in part.parameters()])
            if _note_edits(parts):
                object.__setattr__(self, "_kept_parameters", (edition, found))
        return found.listed()  # type: ignore[no-any-return]


class _Kept(NamedTuple):
    """What a layer keeps for batches. The weights are None if its neurons differ, and no one product computes them."""

    edition: object
    weights: Matrix | None = None  # (nin, nout)
    biases: Vector | None = None
    opcode: int = 0  # of the activation; 0: none
    settings: tuple[Any, ...] = ()  # its other operands


class Layer(_Assembly):
    """`nout` neurons over the same `nin` inputs.

    For one sample, a list or Vector of `nin` numbers, it returns a list of the `nout` outputs, or the only output. For
    a batch of n samples, a Matrix, numpy array or nested list of shape (n, nin), it returns a Matrix (n, nout), with
    the same numbers and gradients. Other arguments are passed to `Neuron`. Raises `ShapeError` for a sample or a batch
    of another width.

    >>> layer = Layer(2, 3, activation="tanh")
    >>> len(layer([1.0, 2.0])), layer([[1.0, 2.0]]).shape
    (3, (1, 3))
    """

    _whole = True  # summaries do not list its neurons
    _list = "neurons"
    _kept = _Kept(None)
    neurons: list[Any]

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        size(nin, "nin")
        size(nout, "nout")
        self.neurons = [Neuron(nin, **{"fan_out": nout, **kwargs}) for _ in range(nout)]

    def _keep(self) -> _Kept:
        """Keeps and returns what a batch needs, after an edit."""
        edition = _edition
        kinds = {
            (Neuron, len(n.w), n.activation if n.nonlin else "linear") if _notes_edits(n) else (type(n), -1, "")
            for n in self.neurons
        }
        kept = _Kept(edition)
        if type(self.neurons) is Parts and len(kinds) == 1 and next(iter(kinds))[1] >= 0:
            _, nin, name = kinds.pop()
            nout, activation = len(self.neurons), ACTIVATIONS[name]
            block = core.block([p for n in self.neurons for p in (*n.w, n.b)])  # one row per neuron, its bias last
            weights = of_view(2, View(block, 0, nin + 1, 1, nout, nin).T, False)
            biases = of_view(1, View(block, nin, nin + 1, 1, nout, 1).T, False)
            kept = _Kept(edition, weights, biases, activation.opcode, tuple(map(as_array, activation.settings)))
        object.__setattr__(self, "_kept", kept)
        return kept

    def _batch(self, x: Any) -> Any:
        """The outputs for a Matrix, as a Matrix, or for a Vector, as a Vector."""
        kept = self._kept
        if kept.edition is not _edition:
            kept = self._keep()
        _, weights, biases, opcode, settings = kept
        if weights is None:
            return self._row_by_row(x)
        try:
            sums = affine(x, weights, biases, core.plain_product)
        except ShapeError:
            raise ShapeError(
                f"this layer takes {weights.shape[0]} inputs per sample, the input has shape {x.shape}"
            ) from None
        if sums is None:  # a neuron's sum is the plain one
            return self._row_by_row(x)
        return elementwise(opcode, sums, *settings) if opcode else sums

    def _row_by_row(self, x: Any) -> Any:
        columns = x.shape[-1]
        samples = x.tolist() if x.ndim == 2 else [x.tolist()]
        for n in self.neurons:
            if type(n) is Neuron and len(n.w) != columns:
                raise ShapeError(f"{n} takes {len(n.w)} inputs per sample, the input has shape {x.shape}")
        outputs = core.block([n(sample) for sample in samples for n in self.neurons])
        shape = (len(samples), len(self.neurons))[-x.ndim :]
        return shown_as(of_shape(outputs, shape, False), x, x.ndim)

    @overload
    def __call__(self, x: Matrix | Batch) -> Matrix: ...
    @overload
    def __call__(self, x: Vector | Flat | Foreign) -> Any: ...
    def __call__(self, x: Any) -> Any:
        if type(x) is Matrix:
            return self._batch(x)
        if isinstance(x, Vector):
            return _listed(self._batch(x).elements())
        if _is_batch(x):
            return self._batch(as_array(x))
        sample = _sized(x)  # a list of a generator, which only one neuron could read
        return _listed([n(sample) for n in self.neurons])

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"

    def _label(self) -> str:
        names = {n.activation if n.nonlin else "linear" for n in self.neurons if isinstance(n, Neuron)}
        nin = max((len(n.w) for n in self.neurons if hasattr(n, "w")), default=0)
        return f"Layer({nin} -> {len(self.neurons)}, {names.pop() if len(names) == 1 else 'various'})"


class MLP(_Assembly):
    """A multi-layer perceptron: layers of the sizes in `nouts`, the last one linear.

    For one sample, a list or Vector of `nin` numbers, it returns a list of outputs, or the only output. For a batch of
    n samples, a Matrix, numpy array or nested list of shape (n, nin), it returns a Matrix (n, outputs), with the same
    numbers and gradients. `Neuron` explains `activation` and `init`. A call raises `ShapeError` if the input
    does not fit.

    >>> model = MLP(2, [16, 16, 1])
    >>> len(model.parameters()), model([[1.0, 2.0], [3.0, 4.0]]).shape
    (337, (2, 1))
    """

    _list = "layers"
    layers: list[Any]

    def __init__(self, nin: int, nouts: Sequence[int], activation: str = "relu", init: str = "uniform") -> None:
        if not isinstance(nouts, Sequence) or not nouts:
            raise ArgumentError(f"nouts must be a list of the layers' sizes, such as [16, 16, 1], got {nouts!r}")
        sizes, last = [nin, *nouts], len(nouts) - 1
        self.layers = [
            Layer(sizes[k], sizes[k + 1], nonlin=k != last, activation=activation, init=init) for k in range(len(nouts))
        ]

    @overload
    def __call__(self, x: Matrix | Batch) -> Matrix: ...
    @overload
    def __call__(self, x: Vector | Flat | Foreign) -> Any: ...
    def __call__(self, x: Any) -> Any:
        one = isinstance(x, Vector)
        if one:
            x = x.reshape(1, -1 if x.size else 0)
        elif not isinstance(x, Array) and _is_batch(x):
            x = as_array(x)
        for layer in self.layers:
            x = layer([x] if isinstance(x, Value) else x)
        return _listed(x.elements()) if one else x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
