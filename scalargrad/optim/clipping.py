"""Limits for the grads of all parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable

from scalargrad import core
from scalargrad.arrays import view
from scalargrad.arrays.base import of_shape
from scalargrad.errors import ArgumentError
from scalargrad.nn.trained import trained
from scalargrad.optim.base import number
from scalargrad.value import Value


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scales all grads by one factor so that their Euclidean norm is at most `max_norm`. Returns the norm before.

    The factor is max_norm / (norm + 1e-6) if that is below 1, as in PyTorch. A norm that is larger than any double is
    returned as inf; the grads are scaled as they should be. Raises `ArgumentError`, and changes nothing, if a grad is
    nan or infinite.

    >>> w = Value(1.0); w.grad = 8.0
    >>> clip_grad_norm([w], 2.0), round(w.grad, 5)
    (8.0, 2.0)
    """
    leaves = trained(parameters, "clip_grad_norm")
    most = number(max_norm, "max_norm")
    grads = of_shape(core.doubles(view.grads(core.whole(leaves, 1, len(leaves))), False), (len(leaves),), False)
    norm: float = grads.norm()
    factor = most / (norm + 1e-6)
    if not norm < math.inf:
        numbers = grads.numbers()
        if not all(map(math.isfinite, numbers)):
            raise ArgumentError(
                f"the norm of the grads is {norm}: a grad is nan or infinite; detect_anomaly() finds where"
            )
        largest = max(map(abs, numbers))
        factor = most / largest / (grads / largest).norm()
    if factor < 1.0:
        core.scale_grads(leaves, factor)
    return norm


def clip_grad_value(parameters: Iterable[Value], clip_value: float) -> None:
    """Limits each grad to the range from -clip_value to clip_value. A nan stays a nan.

    >>> w = Value(1.0); w.grad = -8.0
    >>> clip_grad_value([w], 2.0); w.grad
    -2.0
    """
    leaves = trained(parameters, "clip_grad_value")
    core.limit_grads(leaves, number(clip_value, "clip_value"))
