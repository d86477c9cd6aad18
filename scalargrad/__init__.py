"""Scalar automatic differentiation: numbers that remember how they were computed, and a reverse sweep over them."""

from scalargrad import errors, nn, optim
from scalargrad.contexts import detect_anomaly, no_grad
from scalargrad.core import backend
from scalargrad.errors import ImplicitDetachWarning, ScalargradError
from scalargrad.functions import (
    abs,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceil,
    clip,
    copysign,
    cos,
    cosh,
    elu,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    fmod,
    hypot,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    logaddexp,
    maximum,
    minimum,
    pow,
    relu,
    remainder,
    round,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softplus,
    sqrt,
    square,
    tan,
    tanh,
    trunc,
    where,
)
from scalargrad.many import dot, log_softmax, logsumexp, max, mean, min, norm, prod, softmax, sum
from scalargrad.value import Value

__version__ = "0.1.0"

__all__ = [
    "ImplicitDetachWarning", "ScalargradError", "Value", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2",
    "atanh", "backend", "cbrt", "ceil", "clip", "copysign", "cos", "cosh", "detect_anomaly", "dot", "elu", "erf",
    "erfc", "errors", "exp", "exp2", "expm1", "floor", "fmod", "hypot", "leaky_relu", "log", "log10", "log1p", "log2",
    "log_sigmoid", "log_softmax", "logaddexp", "logsumexp", "max", "maximum", "mean", "min", "minimum", "nn",
    "no_grad", "norm", "optim", "pow", "prod", "relu", "remainder", "round", "sigmoid", "sign", "silu", "sin", "sinh",
    "softmax", "softplus", "sqrt", "square", "sum", "tan", "tanh", "trunc", "where",
]  # fmt: skip
