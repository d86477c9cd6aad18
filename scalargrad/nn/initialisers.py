"""Activations and initialisers of weights, by name. All random numbers come from the module `random`."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from scalargrad import core
from scalargrad.convert import index, short
from scalargrad.errors import ArgumentError
from scalargrad.table import ops

T = TypeVar("T")


class Activation(NamedTuple):
    """A primitive of one number, with its other operands."""

    opcode: int  # 0: the identity
    settings: tuple[float, ...]
    title: str  # the first part of a neuron's repr, such as ReLUNeuron
    gain: float  # for kaiming_normal: restores the spread that the activation reduces

    def __call__(self, x: Any) -> Any:
        """The activation of a Value or a float."""
        return core.apply(self.opcode, x, *self.settings) if self.opcode else x


def _activation(name: str, title: str, gain: float, *settings: float) -> Activation:
    return Activation(ops.OPCODE[name], settings, title, gain)


# The gains of relu, leaky_relu and tanh are the same as in PyTorch's calculate_gain. The others are 1.
ACTIVATIONS: dict[str, Activation] = {
    "relu": _activation("relu", "ReLU", math.sqrt(2.0)),
    "tanh": _activation("tanh", "Tanh", 5.0 / 3.0),
    "sigmoid": _activation("sigmoid", "Sigmoid", 1.0),
    "leaky_relu": _activation("leaky_relu", "LeakyReLU", math.sqrt(2.0 / (1.0 + 0.01**2)), 0.01),
    "elu": _activation("elu", "ELU", 1.0, 1.0),
    "silu": _activation("silu", "SiLU", 1.0),
    "softplus": _activation("softplus", "Softplus", 1.0),
    "linear": Activation(0, (), "Linear", 1.0),
}


def _uniform(fan_in: int, fan_out: int, gain: float) -> float:
    return random.uniform(-1, 1)


def _xavier_uniform(fan_in: int, fan_out: int, gain: float) -> float:
    bound = math.sqrt(6.0 / (fan_in + fan_out))
    return random.uniform(-bound, bound)


def _kaiming_normal(fan_in: int, fan_out: int, gain: float) -> float:
    return random.gauss(0.0, gain / math.sqrt(fan_in))


def _kaiming_uniform(fan_in: int, fan_out: int, gain: float) -> float:
    bound = 1.0 / math.sqrt(fan_in)
    return random.uniform(-bound, bound)


# Each draws one weight, and takes the numbers of a layer's inputs and outputs, and the activation's gain.
#   uniform          uniform within ±1, as in micrograd
#   xavier_uniform   uniform within ±sqrt(6 / (in + out)). Source: Glorot and Bengio 2010
#   kaiming_normal   Gaussian with standard deviation gain / sqrt(in). Source: He et al. 2015
#   kaiming_uniform  uniform within ±1 / sqrt(in), as in PyTorch's Linear (kaiming_uniform_ with a = sqrt(5))
INITIALISERS: dict[str, Callable[[int, int, float], float]] = {
    "uniform": _uniform,
    "xavier_uniform": _xavier_uniform,
    "kaiming_normal": _kaiming_normal,
    "kaiming_uniform": _kaiming_uniform,
}


def chosen(table: dict[str, T], name: Any, what: str) -> T:
    """The entry of a table. Raises `ArgumentError`, which lists the names, for an unknown name."""
    if not isinstance(name, str) or name not in table:
        raise ArgumentError(f"there is no {what} {name!r}: choose one of {', '.join(table)}")
    return table[name]


_MOST = 2**31 - 1  # a graph has fewer nodes than that


def size(n: Any, name: str, least: int = 0) -> int:
    """A size of a layer, as an int. Raises `ArgumentError` if it is not an int from `least` to `_MOST`."""
    found = None if isinstance(n, bool) else index(n)
    if found is None or not least <= found <= _MOST:
        limit = f"at least {least}" if found is None or found < least else f"at most {_MOST}"
        raise ArgumentError(f"{name} must be an int, {limit}, got {short(n)}")
    return found
