"""Transforms of functions, with the names and shapes of JAX: `grad`, `vjp`, `jacobian` and others.

A transform calls the function on new leaves and sweeps from the result, without changing any grad.
"""

from scalargrad.transforms.custom import custom_vjp
from scalargrad.transforms.derivatives import grad, jvp, value_and_grad, vjp
from scalargrad.transforms.higher import hessian, hvp
from scalargrad.transforms.jacobians import jacobian

__all__ = ["custom_vjp", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
