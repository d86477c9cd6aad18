"""Transforms of functions, with the names and shapes of JAX: `grad`, `vjp`, `jacobian` and others.

A transform calls the function on new leaves and sweeps from the result, without changing any grad.
"""

from scalargrad.transforms.custom import custom_vjp
from scalargrad.transforms.derivatives import grad, jacobian, jvp, value_and_grad, vjp

__all__ = ["custom_vjp", "grad", "jacobian", "jvp", "value_and_grad", "vjp"]
