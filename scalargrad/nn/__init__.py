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
from scalargrad.nn.transformer.attention import MultiHeadAttention
from scalargrad.nn.transformer.dropout import Dropout
from scalargrad.nn.transformer.embedding import Embedding
from scalargrad.nn.transformer.normalisation import LayerNorm, RMSNorm

__all__ = ["ELU", "MLP", "Dropout", "Embedding", "Layer", "LayerNorm", "LeakyReLU", "Linear", "LogSoftmax", "Module",
           "MultiHeadAttention", "Neuron", "Parts", "RMSNorm", "ReLU", "Sequential", "SiLU", "Sigmoid", "Softmax",
           "Softplus", "Tanh", "summary"]  # fmt: skip


if not TYPE_CHECKING:

    def __getattr__(name):
        from scalargrad.names import missing

        raise missing(__name__, name)
