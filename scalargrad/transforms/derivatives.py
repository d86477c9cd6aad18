"""Transforms of functions, with the names and shapes of JAX: `grad`, `value_and_grad`, `jvp`, `vjp`.

A transform calls the function on new leaves with the arguments' numbers. A float argument becomes a Value, a numpy
array of one dimension a Vector, of two a Matrix; lists, tuples and dicts stay what they are. The numbers of a Value,
Vector or Matrix are copied into new leaves too. Arguments that are not differentiated are passed unchanged.

The result has the container of the argument: a number for a number, a numpy array for a numpy array, a Vector or Matrix
for a Vector or Matrix. A number in it is a Value exactly where it depends on a Value: on an argument, or on one that
the function closes over; else it is a float. So transforms nest, and a derivative in a loss trains the weights in it.
An array with Values in it is a Vector or Matrix. Under `no_grad` all numbers are floats, and a Vector has new leaves.

The grads of existing Values do not change. `backward` from a Value that depends on the arguments of a transform whose
function is running raises `HigherOrderError`: its grads are floats, in which the transform would lose a derivative.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, overload

from scalargrad import core
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.transforms.parts import tracked
from scalargrad.transforms.run import (
    Function,
    Run,
    kept,
    name_of,
    positions,
    require_function,
    weighted,
)

if TYPE_CHECKING:
    from scalargrad.convert import Number
    from scalargrad.transforms.signatures import (
        Gradient,
        GradientAndAux,
        Pullback,
        ValueAndGradient,
        ValueAuxAndGradient,
    )

    P = ParamSpec("P")


@overload
def grad(
    fun: Callable[Concatenate[Any, P], Number], argnums: Literal[0] = 0, has_aux: Literal[False] = False
) -> Gradient[P]: ...
@overload
def grad(
    fun: Callable[Concatenate[Any, P], tuple[Number, Any]], argnums: Literal[0] = 0, *, has_aux: Literal[True]
) -> GradientAndAux[P]: ...
@overload
def grad(
    fun: Callable[..., Number], argnums: Sequence[int], has_aux: Literal[False] = False
) -> Callable[..., tuple[Any, ...]]: ...
@overload
def grad(
    fun: Function, argnums: Sequence[int], has_aux: Literal[True]
) -> Callable[..., tuple[tuple[Any, ...], Any]]: ...
@overload
def grad(fun: Function, argnums: int, has_aux: bool = False) -> Function: ...
def grad(fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Returns a function that computes the gradient of `fun` by the argument at `argnums`.

    For a sequence of `argnums`, it returns a tuple of gradients. `fun` returns one number. With `has_aux`, it returns a
    pair (number, aux), and the new function (gradient, aux). The new function raises `ShapeError` if the result of
    `fun` is not one number, `NumberError` if an argument cannot be differentiated.

    >>> grad(lambda x, y: x**2 * y)(3.0, 2.0)
    12.0
    >>> grad(lambda p: p["w"][0] * p["w"][1] + p["b"])({"w": [2.0, 3.0], "b": 1.0})
    {'w': [3.0, 2.0], 'b': 1.0}
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    require_function(fun, "grad")
    both = _differentiated(fun, argnums, has_aux)

    @functools.wraps(fun)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        _, found, aux = both(args, kwargs)
        return (found, aux) if has_aux else found

    return gradient


@overload
def value_and_grad(
    fun: Callable[Concatenate[Any, P], Number], argnums: Literal[0] = 0, has_aux: Literal[False] = False
) -> ValueAndGradient[P]: ...
@overload
def value_and_grad(
    fun: Callable[Concatenate[Any, P], tuple[Number, Any]], argnums: Literal[0] = 0, *, has_aux: Literal[True]
) -> ValueAuxAndGradient[P]: ...
@overload
def value_and_grad(
    fun: Callable[..., Number], argnums: Sequence[int], has_aux: Literal[False] = False
) -> Callable[..., tuple[float, tuple[Any, ...]]]: ...
@overload
def value_and_grad(
    fun: Function, argnums: Sequence[int], has_aux: Literal[True]
) -> Callable[..., tuple[tuple[float, Any], tuple[Any, ...]]]: ...
@overload
def value_and_grad(fun: Function, argnums: int, has_aux: bool = False) -> Function: ...
def value_and_grad(fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Returns a function that computes (value, gradient), or with `has_aux` ((value, aux), gradient).

    The parameters are those of `grad`. SciPy accepts the function:
    ``scipy.optimize.minimize(value_and_grad(f), x0, jac=True)``. A number in the value and in the aux is a Value where
    it depends on a Value other than the new leaves.

    >>> value_and_grad(lambda x: x[0] * x[1])([3.0, 2.0])
    (6.0, [2.0, 3.0])
    """
    require_function(fun, "value_and_grad")
    both = _differentiated(fun, argnums, has_aux)

    @functools.wraps(fun)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        value, found, aux = both(args, kwargs)
        return (value, aux) if has_aux else value, found

    return value_and_gradient


def _differentiated(fun: Function, argnums: Any, has_aux: bool) -> Callable[..., tuple[Any, Any, Any]]:
    """The function of args and kwargs that returns the value of `fun`, its gradient, and its aux or None."""
    argnums, name = kept(argnums), name_of(fun)

    def both(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
        run = Run(fun, name, args, positions(argnums, len(args), name)).execute(kwargs, has_aux)
        root = run.scalar("grad")
        row = run.pull(root) if run.is_plain else None
        if row is not None:
            value = root.data if isinstance(root, core.Node) else root
            return value, run.input.outside(row), run.aux_tree and run.aux()
        piece = run.piece([root])
        values, (gradient,) = piece.pull([[1.0, *[0.0] * (len(piece.items) - 1)]])
        run.refuse_anomalies(gradient)
        return values[0], run.outside(gradient), run.aux_tree and run.aux(values[1:])

    return both


def _sequence(given: Any, name: str) -> Sequence[Any]:
    if not isinstance(given, (list, tuple)):
        raise ArgumentError(f"{name} must be a tuple or list, with one entry per argument, got {type(given).__name__}")
    return given


@overload
def jvp(
    fun: Callable[..., Number], primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[float, float]: ...
@overload
def jvp(
    fun: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[Any, Any]: ...
@overload
def jvp(
    fun: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[True]
) -> tuple[Any, Any, Any]: ...
def jvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """Returns the value of ``fun(*primals)`` and its derivative in the direction of the tangents.

    It returns (value, tangent), both of the form of the result of `fun`; with `has_aux`, (value, tangent, aux).
    Raises `ShapeError` if a tangent does not have the form of its primal. It makes one forward sweep, whatever the
    number of results.

    >>> jvp(lambda x, y: [x * y, x + y], (3.0, 2.0), (1.0, 10.0))
    ([6.0, 5.0], [32.0, 11.0])
    """
    require_function(fun, "jvp")
    primals, tangents = _sequence(primals, "primals"), _sequence(tangents, "tangents")
    if len(primals) != len(tangents):
        raise ShapeError(f"jvp needs one tangent per primal, got {len(primals)} primals and {len(tangents)} tangents")
    run = Run(fun, name_of(fun), primals, range(len(primals)))
    direction = run.input.match(tuple(tangents), ("tangent", range(len(tangents)), ""))
    run.execute({}, has_aux)
    run.warn_if_lost()
    n = len(run.items)
    values, (derivative,) = run.piece(run.items).push([direction])
    run.refuse_anomalies(derivative[:n])
    found = run.outputs.holding(values[:n]), run.outputs.holding(derivative[:n])
    return (*found, run.aux(values[n:])) if has_aux else found


@overload
def vjp(fun: Callable[..., Number], *primals: Any, has_aux: Literal[False] = False) -> tuple[float, Pullback]: ...
@overload
def vjp(fun: Function, *primals: Any, has_aux: Literal[False] = False) -> tuple[Any, Pullback]: ...
@overload
def vjp(fun: Function, *primals: Any, has_aux: Literal[True]) -> tuple[Any, Pullback, Any]: ...
def vjp(fun: Function, *primals: Any, has_aux: bool = False) -> Any:
    """Returns the value of ``fun(*primals)`` and its pullback, or with `has_aux` (value, pullback, aux).

    The pullback takes a cotangent of the form of the result of `fun`. It returns a tuple with one cotangent per primal,
    of the primal's form: the derivatives of the result's numbers, weighted by the cotangent. It can be called many
    times, and makes one sweep per call. It raises `ShapeError` if the cotangent does not have the form of the result.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 2.0)
    >>> value, pullback([1.0, 0.0]), pullback([0.0, 1.0])
    ([6.0, 5.0], (2.0, 3.0), (1.0, 1.0))
    """
    require_function(fun, "vjp")
    run = Run(fun, name_of(fun), primals, range(len(primals))).execute({}, has_aux)
    run.warn_if_lost()
    n = len(run.items)
    piece = run.piece(run.items)
    values = piece.values()

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        """The cotangents of the primals."""
        weights = run.outputs.match(cotangent, "the cotangent")
        numbers = bool(core.mode() & core.NO_GRAD)
        if numbers:
            weights = [x.data if isinstance(x, core.Node) else x for x in weights]
        row: Sequence[Any] | None = None
        if numbers or (piece.is_plain and not tracked(weights)):
            row = run.pull(weighted(run.items, weights), numbers)
        if row is None:
            zeros = [0.0] * (len(piece.items) - n)
            row = piece.pull([[*weights, *zeros]])[1][0]
            run.refuse_anomalies(row)
        return run.outside(row)  # type: ignore[no-any-return]

    value = run.outputs.holding(values[:n])
    return (value, pullback, run.aux(values[n:])) if has_aux else (value, pullback)
