"""Networks: micrograd's `Neuron`, `Layer` and `MLP`, and modules with PyTorch's names.

A network is a `Module`: it finds its parameters, and saves and loads their numbers.
"""

from typing import TYPE_CHECKING

from scalargrad.nn.layers import (
    ELU,
    LeakyReLU,
    Linear,
    LogSoftmax,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from scalargrad.nn.micrograd import MLP, Layer, Neuron, Parts
from scalargrad.nn.module import Module
from scalargrad.nn.summaries import summary

__all__ = ["ELU", "MLP", "Layer", "LeakyReLU", "Linear", "LogSoftmax", "Module", "Neuron", "Parts", "ReLU",
           "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh", "summary"]  # fmt: skip


if not TYPE_CHECKING:

    def __getattr__(name):
        from scalargrad.names import missing

        raise missing(__name__, name)
