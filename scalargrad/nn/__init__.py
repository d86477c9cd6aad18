"""Networks: micrograd's `Neuron`, `Layer` and `MLP`, and modules with PyTorch's names.

A network is a `Module`: it finds its parameters, and saves and loads their numbers.
"""

from typing import TYPE_CHECKING

from scalargrad.nn.activations import (
    ELU,
    GELU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from scalargrad.nn.layers import Linear, Sequential
from scalargrad.nn.micrograd import MLP, Layer, Neuron, Parts
from scalargrad.nn.module import Module
from scalargrad.nn.summaries import summary
from scalargrad.nn.transformer.attention import MultiHeadAttention
from scalargrad.nn.transformer.dropout import Dropout
from scalargrad.nn.transformer.embedding import Embedding
from scalargrad.nn.transformer.normalisation import LayerNorm, RMSNorm

__all__ = ["ELU", "GELU", "MLP", "SELU", "Dropout", "Embedding", "Hardtanh", "Layer", "LayerNorm", "LeakyReLU",
           "Linear", "LogSigmoid", "LogSoftmax", "Mish", "Module", "MultiHeadAttention", "Neuron", "Parts", "RMSNorm",
           "ReLU", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh", "summary"]  # fmt: skip


if not TYPE_CHECKING:

    def __getattr__(name):
        from scalargrad.names import missing

        raise missing(__name__, name)
