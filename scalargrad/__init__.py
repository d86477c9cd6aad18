"""Scalar automatic differentiation: numbers that remember how they were computed, and a reverse sweep over them."""

from typing import TYPE_CHECKING

from scalargrad import errors, functions
from scalargrad import moved as moved
from scalargrad.arrays import Mask, Matrix, Vector, concat, matmul, outer, stack
from scalargrad.contexts import detect_anomaly, no_grad
from scalargrad.core import backend
from scalargrad.errors import ImplicitDetachWarning, ScalargradError
from scalargrad.functions import *  # noqa: F403  a function per row of the table
from scalargrad.functions import abs as abs
from scalargrad.functions import pow as pow
from scalargrad.functions import round as round
from scalargrad.value import Value

# Names whose module is imported when they are first used: importing the package stays quick.
_MODULES = ("calculus", "losses", "nn", "optim", "testing")
_ROOMS = {"linalg": "arrays.linalg"}
_LATER = {
    **dict.fromkeys(("grad", "jvp", "value_and_grad", "vjp"), "transforms.derivatives"),
    **dict.fromkeys(("hessian", "hvp"), "transforms.higher"),
    "jacobian": "transforms.jacobians",
    "custom_vjp": "transforms.custom",
    **dict.fromkeys(("load", "save"), "nn.checkpoints"),
    **dict.fromkeys(("isfinite", "isinf", "isnan"), "arrays.data.tested"),
    **dict.fromkeys(("dot", "log_softmax", "logsumexp", "mean", "norm", "prod", "softmax"), "arrays.many"),
    **dict.fromkeys(("max", "min", "sum"), "arrays.many"),
    "constant": "arrays.data.constants",
    **dict.fromkeys(("arange", "eye", "linspace", "ones", "zeros"), "arrays.data.filled"),
    "batches": "arrays.data.batches",
    **dict.fromkeys(("draw", "draw_dot"), "look.drawing"),
    "explain": "look.explaining",
    "summary": "look.summaries.summary",
}

if TYPE_CHECKING:
    from scalargrad import calculus, losses, nn, optim, testing
    from scalargrad.arrays import linalg
    from scalargrad.arrays.data.batches import batches
    from scalargrad.arrays.data.constants import constant
    from scalargrad.arrays.data.filled import arange, eye, linspace, ones, zeros
    from scalargrad.arrays.data.tested import isfinite, isinf, isnan
    from scalargrad.arrays.many import dot, log_softmax, logsumexp, mean, norm, prod, softmax
    from scalargrad.arrays.many import max as max
    from scalargrad.arrays.many import min as min
    from scalargrad.arrays.many import sum as sum
    from scalargrad.look.drawing import draw, draw_dot
    from scalargrad.look.explaining import explain
    from scalargrad.look.summaries.summary import summary
    from scalargrad.nn.checkpoints import load, save
    from scalargrad.transforms import custom_vjp, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
else:

    def __getattr__(name):
        from importlib import import_module

        if name in _MODULES:
            return import_module(f"scalargrad.{name}")
        if name in _ROOMS:
            found = globals()[name] = import_module(f"scalargrad.{_ROOMS[name]}")
            return found
        if name not in _LATER:
            raise import_module("scalargrad.names").missing(__name__, name)
        found = globals()[name] = getattr(import_module(f"scalargrad.{_LATER[name]}"), name)
        return found

    def __dir__():
        return sorted([*__all__, *_BUILTINS, "__version__"])


__version__ = "0.1.0"

__all__ = [
    "ImplicitDetachWarning",
    "Mask",
    "Matrix",
    "ScalargradError",
    "Value",
    "Vector",
    "arange",
    "backend",
    "batches",
    "calculus",
    "concat",
    "constant",
    "custom_vjp",
    "detect_anomaly",
    "dot",
    "draw",
    "draw_dot",
    "errors",
    "explain",
    "eye",
    "grad",
    "hessian",
    "hvp",
    "isfinite",
    "isinf",
    "isnan",
    "jacobian",
    "jvp",
    "linalg",
    "linspace",
    "load",
    "log_softmax",
    "logsumexp",
    "losses",
    "matmul",
    "mean",
    "nn",
    "no_grad",
    "norm",
    "ones",
    "optim",
    "outer",
    "prod",
    "save",
    "softmax",
    "stack",
    "summary",
    "testing",
    "value_and_grad",
    "vjp",
    "zeros",
]
__all__ += functions.__all__
# `from scalargrad import *` replaces no builtin: these are used as sg.max, or imported by name.
_BUILTINS = ("abs", "max", "min", "pow", "round", "sum")
