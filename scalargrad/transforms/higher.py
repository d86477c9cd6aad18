"""Second derivatives, with the names and shapes of JAX: `hessian` and `hvp`.

They are the tangents of the adjoint: the record of the gradient is differentiated in some directions. `hessian` needs
as many of these as a star colouring of its pattern has colours: three for a tridiagonal one, two for an arrowhead.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, overload

from scalargrad import convert
from scalargrad.arrays import reading
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.transforms import programs, sparsity
from scalargrad.transforms.jacobians import Form, form_of, load_for, matrix, strip, tabulated
from scalargrad.transforms.parts import NUMBER, Leaf, joined
from scalargrad.transforms.run import Function, Run, kept, name_of, positions, require_function
from scalargrad.transforms.sparsity import Entries, Sweeps

if TYPE_CHECKING:
    P = ParamSpec("P")


@overload
def hessian(
    fun: Callable[Concatenate[Any, P], Any],
    argnums: Literal[0] = 0,
    has_aux: bool = False,
    sparse: bool | Form = False,
) -> Callable[Concatenate[Any, P], Any]: ...
@overload
def hessian(
    fun: Function, argnums: int | Sequence[int], has_aux: bool = False, sparse: bool | Form = False
) -> Function: ...
def hessian(fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False, sparse: bool | Form = False) -> Any:
    """Returns a function that computes the second derivatives of all results of `fun`.

    It returns the containers of the result, where each number is replaced by the containers of the argument, and each
    number there by these again: for a list of n numbers, n lists of n numbers. The entry for arrays has the shape of
    the result, followed by the shapes of both arguments; it is a numpy array if one of them is, else nested lists. For
    a sequence of `argnums`, it has tuples of tuples. With `has_aux`, it returns (hessian, aux). Entries are Values
    where they depend on Values.

    The entries (i, j) and (j, i) are the same to the bit. The graph shows which entries can be other than 0, and one
    sweep finds many of them: a banded hessian takes a few sweeps, whatever its size.

    With ``sparse="csr"`` (or True) or ``"coo"``, each number of the result has one array of `scipy.sparse`. Its rows
    and columns are the numbers of the arguments at `argnums`, in order. It has the entries that the graph can make
    other than 0. They are numbers: where they depend on Values, it warns (`ImplicitDetachWarning`), but under
    `no_grad`. Raises `MissingExtraError` without SciPy.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 2.0])
    [[4.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda p: p["w"] * p["w"] * p["b"])({"w": 3.0, "b": 2.0})
    {'w': {'w': 4.0, 'b': 6.0}, 'b': {'w': 6.0, 'b': 0.0}}
    """
    require_function(fun, "hessian")
    argnums, form = kept(argnums), form_of(sparse)
    name = name_of(fun)

    @functools.wraps(fun)
    def hessian_of(*args: Any, **kwargs: Any) -> Any:
        load_for(form)
        run = Run(fun, name, args, positions(argnums, len(args), name)).execute(kwargs, has_aux, True)
        run.warn_if_lost()
        values, found = _found(run)
        if form is None:
            hessians = _in_containers(run, found)
        else:
            hessians = _each(run, [matrix(form, each, run.input, run.input, name) for each in found])
        return (hessians, run.aux(values[len(run.items) :])) if has_aux else hessians

    return hessian_of


def _found(run: Run) -> tuple[list[Any], list[Entries]]:
    """The results; and the second derivatives of each number of the result.

    Results that depend on no input together are differentiated together, as their sum.
    """
    sketch, numbers = programs.sketch_of(run)
    plan = programs.plan_of(sketch)
    if plan and plan.program:
        values, sums, matrices = run.plain_results(), plan.sums, plan.run(numbers)
    else:
        values, sums, matrices = _swept(run, sketch if plan is None else None)
    n = run.size
    if sums:
        rows = [[*each.rows()] for each in matrices]
        matrices = [_part(inputs, rows[places[0] // n], n) if inputs else sparsity.entries([[]] * n, [])
                    for inputs, places in sums.places.rows()]  # fmt: skip
    elif not matrices:  # there is no input
        matrices = [sparsity.entries([], [])]
    return values, matrices


def _swept(run: Run, sketch: Any) -> tuple[list[Any], Sweeps | None, list[Entries]]:
    """The results; which of them are differentiated together, if there are several; and the second derivatives. A
    sketch is one that may get a plan."""
    piece, n, m = run.piece(run.items), run.size, len(run.items)
    sums = sparsity.remembered(sparsity.reverse, piece.record, n, m) if m != 1 else None
    seeds = sums.seeds if sums else [[1.0, *[0.0] * (len(piece.items) - 1)]]
    slopes = piece.slopes(seeds)
    sweeps = sparsity.remembered(sparsity.symmetric, slopes, n)
    values, found = piece.curve(seeds, sweeps[0].seeds if sweeps else [], slopes)
    for row in found:
        run.refuse_anomalies(row)
    if sketch is not None:
        programs.note(sketch, sums, slopes, sweeps)
    return values, sums, [each.of(found) for each in sweeps]


def _part(inputs: Sequence[int], rows: Sequence[tuple[Sequence[int], Sequence[Any]]], size: int) -> Entries:
    """The entries between some inputs, which are in order."""
    chosen = {*inputs}
    columns: list[list[int]] = [[]] * size
    items: list[Any] = []
    for k in inputs:
        pairs = [pair for pair in zip(*rows[k]) if pair[0] in chosen]
        columns[k] = [column for column, _ in pairs]
        items += [x for _, x in pairs]
    return sparsity.entries(columns, array("d", items) if {*map(type, items)} <= {float} else items)


def _each(run: Run, items: Sequence[Any]) -> Any:
    """The containers of the result, with an item for each of its numbers."""

    def items_of(result: Leaf) -> Any:
        return (
            reading.nest(list(items[result.start :][: result.size]), result.shape)
            if result.shape
            else items[result.start]
        )

    return run.outputs.map(items_of)


def _in_containers(run: Run, found: Sequence[Entries]) -> Any:
    """The containers of the result, with the containers of the input twice at each place."""
    matrices = [entries.dense(run.size) for entries in found]

    def of_array(result: Leaf) -> Any:
        of_result = matrices[result.start : result.start + result.size]

        def of_argument(first: Leaf) -> Any:
            rows = [row for each in of_result for row in each[first.start : first.start + first.size]]

            def entry(second: Leaf) -> Any:
                items = strip(rows, second)
                of_numpy = result.of_numpy or first.of_numpy or second.of_numpy
                return joined(items, result.shape + first.shape + second.shape, of_numpy)

            return run.input.map(entry)

        return run.input.map(of_argument)

    def entries(result: Leaf) -> Any:
        return tabulated(run, matrices[result.start], run.input) if result.kind == NUMBER else of_array(result)

    return run.outputs.map(entries)


def hvp(fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """Returns a function that computes the hessian of `fun` times a vector: ``hvp(fun)(x, ..., v)``.

    `fun` returns one number. The last argument of the new function is the vector: it has the form of the argument at
    `argnums`, or is a tuple with one such for each of a sequence. The result has the form of the argument, as from
    `grad`; with `has_aux`, it is (result, aux). It costs a few gradients, and makes no hessian. Raises `ShapeError` if
    the vector does not fit, or the result of `fun` is not one number.

    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 2.0], [1.0, 10.0])
    [64.0, 6.0]
    """
    require_function(fun, "hvp")
    argnums = kept(argnums)
    name, one = name_of(fun), convert.index(argnums) is not None

    @functools.wraps(fun)
    def product(*args: Any, **kwargs: Any) -> Any:
        if len(args) < 2:
            raise ArgumentError(f"hvp of {name} takes the arguments of {name}, then a vector: hvp(f)(x, v)")
        *given, vector = args
        run = Run(fun, name, given, positions(argnums, len(given), name))
        direction = _direction(run, one, vector)
        run.execute(kwargs, has_aux, True)
        piece = run.piece([run.scalar("hvp")])
        values, (row,) = piece.curve([[1.0, *[0.0] * (len(piece.items) - 1)]], [direction])
        run.refuse_anomalies(row)
        found = run.outside(row)
        return (found, run.aux(values[1:])) if has_aux else found

    return product


def _direction(run: Run, one: bool, vector: Any) -> list[Any]:
    """The items of a vector, which has the form of the input."""
    if one:
        return run.input.match(vector, "the vector")
    count = len(run.input.root.given if isinstance(run.input.root, Leaf) else run.input.root.children)
    if not isinstance(vector, (tuple, list)) or len(vector) != count:
        raise ShapeError(f"the vector must be a tuple of {count}, one for each of argnums")
    return run.input.match(tuple(vector), ("vector", range(count), ""))
