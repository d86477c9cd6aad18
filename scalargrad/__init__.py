"""Scalar automatic differentiation: numbers that remember how they were computed, and a reverse sweep over them."""

from typing import TYPE_CHECKING

from scalargrad import errors
from scalargrad import moved as moved
from scalargrad.arrays import Matrix, Vector, concat, matmul, outer, stack
from scalargrad.arrays.reductions import dot, log_softmax, logsumexp, max, mean, min, norm, prod, softmax, sum
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
from scalargrad.value import Value

# Names whose module is imported when they are first used: importing the package stays quick.
_MODULES = ("calculus", "losses", "nn", "optim", "testing")
_LATER = {
    **dict.fromkeys(("grad", "jacobian", "jvp", "value_and_grad", "vjp"), "transforms.derivatives"),
    "custom_vjp": "transforms.custom",
}

if TYPE_CHECKING:
    from scalargrad import calculus, losses, nn, optim, testing
    from scalargrad.transforms import custom_vjp, grad, jacobian, jvp, value_and_grad, vjp
else:

    def __getattr__(name):
        from importlib import import_module

        if name in _MODULES:
            return import_module(f"scalargrad.{name}")
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"scalargrad.{_LATER[name]}"), name)
        return found

    def __dir__():
        return sorted({*globals(), *_LATER, *_MODULES})


__version__ = "0.1.0"

__all__ = [
    "ImplicitDetachWarning",
    "Matrix",
    "ScalargradError",
    "Value",
    "Vector",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "backend",
    "calculus",
    "cbrt",
    "ceil",
    "clip",
    "concat",
    "copysign",
    "cos",
    "cosh",
    "custom_vjp",
    "detect_anomaly",
    "dot",
    "elu",
    "erf",
    "erfc",
    "errors",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "fmod",
    "grad",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "losses",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "nn",
    "no_grad",
    "norm",
    "optim",
    "outer",
    "pow",
    "prod",
    "relu",
    "remainder",
    "round",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "square",
    "stack",
    "sum",
    "tan",
    "tanh",
    "testing",
    "trunc",
    "value_and_grad",
    "vjp",
    "where",
]  # fmt: skip
