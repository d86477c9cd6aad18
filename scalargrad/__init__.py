"""Scalar automatic differentiation: numbers that remember how they were computed, and a reverse sweep over them."""

from typing import TYPE_CHECKING

from scalargrad import errors, functions
from scalargrad import moved as moved
from scalargrad.arrays import Matrix, Vector, concat, matmul, outer, stack
from scalargrad.arrays.reductions import dot, log_softmax, logsumexp, max, mean, min, norm, prod, softmax, sum
from scalargrad.contexts import detect_anomaly, no_grad
from scalargrad.core import backend
from scalargrad.errors import ImplicitDetachWarning, ScalargradError
from scalargrad.functions import *  # noqa: F403  a function per row of the table
from scalargrad.value import Value

# Names whose module is imported when they are first used: importing the package stays quick.
_MODULES = ("calculus", "losses", "nn", "optim", "testing")
_LATER = {
    **dict.fromkeys(("grad", "jacobian", "jvp", "value_and_grad", "vjp"), "transforms.derivatives"),
    "custom_vjp": "transforms.custom",
    **dict.fromkeys(("load", "save"), "nn.checkpoints"),
}

if TYPE_CHECKING:
    from scalargrad import calculus, losses, nn, optim, testing
    from scalargrad.nn.checkpoints import load, save
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
        return sorted([*__all__, "__version__"])


__version__ = "0.1.0"

__all__ = [
    "ImplicitDetachWarning",
    "Matrix",
    "ScalargradError",
    "Value",
    "Vector",
    "backend",
    "calculus",
    "concat",
    "custom_vjp",
    "detect_anomaly",
    "dot",
    "errors",
    "grad",
    "jacobian",
    "jvp",
    "load",
    "log_softmax",
    "logsumexp",
    "losses",
    "matmul",
    "max",
    "mean",
    "min",
    "nn",
    "no_grad",
    "norm",
    "optim",
    "outer",
    "prod",
    "save",
    "softmax",
    "stack",
    "sum",
    "testing",
    "value_and_grad",
    "vjp",
]
__all__ += functions.__all__
