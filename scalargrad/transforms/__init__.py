"""Transforms of functions, with the names and shapes of JAX."""

from scalargrad.transforms.custom import custom_vjp
from scalargrad.transforms.derivatives import grad, jacobian, jvp, value_and_grad, vjp

__all__ = ["custom_vjp", "grad", "jacobian", "jvp", "value_and_grad", "vjp"]
