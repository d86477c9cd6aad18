"""`jacobian`; and how derivatives of several results by several inputs are put into containers, or into one matrix."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, overload

from scalargrad import contexts, convert, core, extras
from scalargrad.errors import ArgumentError, ImplicitDetachWarning
from scalargrad.transforms import sparsity
from scalargrad.transforms.parts import NUMBER, ROW, Leaf, joined, like
from scalargrad.transforms.run import Function, Run, kept, name_of, positions, require_function
from scalargrad.transforms.sparsity import Entries, Sweeps
from scalargrad.transforms.trees import Tree

if TYPE_CHECKING:
    P = ParamSpec("P")

Form = Literal["csr", "coo"]
Mode = Literal["forward", "reverse"]


@overload
def jacobian(
    fun: Callable[Concatenate[Any, P], Any],
    argnums: Literal[0] = 0,
    has_aux: bool = False,
    mode: Mode | None = None,
    sparse: bool | Form = False,
) -> Callable[Concatenate[Any, P], Any]: ...
@overload
def jacobian(
    fun: Function,
    argnums: int | Sequence[int],
    has_aux: bool = False,
    mode: Mode | None = None,
    sparse: bool | Form = False,
) -> Function: ...
def jacobian(
    fun: Function,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    mode: Mode | None = None,
    sparse: bool | Form = False,
) -> Any:
    """Returns a function that computes the derivatives of all results of `fun`.

    It returns the containers of the result, where each number or array is replaced by the containers of the argument.
    The entry for two arrays has the shape of the result followed by the shape of the argument; it is a numpy array if
    one of the two is, else nested lists. For a sequence of `argnums`, each place of the result has a tuple. With
    `has_aux`, it returns (jacobian, aux). Entries are Values where they depend on Values.

    ``mode="forward"`` makes a sweep per number of the arguments, ``"reverse"`` one per number of the result. The
    default is the fewer. A sweep does for several columns, or rows, if the graph shows that they have no row, or
    column, in common.

    With ``sparse="csr"`` (or True) or ``"coo"``, it returns one array of `scipy.sparse`: a row per number of the
    result, a column per number of the arguments at `argnums`, both in order. It has the entries that the graph can make
    other than 0. They are numbers: where they depend on Values, it warns (`ImplicitDetachWarning`), but under
    `no_grad`. Raises `MissingExtraError` without SciPy.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + 1])([3.0, 2.0])
    [[2.0, 3.0], [1.0, 0.0]]
    """
    require_function(fun, "jacobian")
    argnums, form = kept(argnums), form_of(sparse)
    if mode is not None and not (isinstance(mode, str) and mode in ("forward", "reverse")):
        raise ArgumentError(f'mode must be None, "forward" or "reverse", got {convert.short(mode)}')
    name = name_of(fun)

    @functools.wraps(fun)
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        load_for(form)
        run = Run(fun, name, args, positions(argnums, len(args), name)).execute(kwargs, has_aux)
        run.warn_if_lost()
        plain = _pulled(run) if form is None and not _is_forward(run, mode) else None
        if plain is not None:
            jacobians, aux = tabulated(run, plain), run.aux_tree and run.aux()
        else:
            values, entries = _swept(run, mode, form)
            if form is None:
                jacobians = tabulated(run, entries.dense(run.size))
            else:
                jacobians = matrix(form, entries, run.outputs, run.input, name)
            aux = run.aux_tree and run.aux(values[len(run.items) :])
        return (jacobians, aux) if has_aux else jacobians

    return jacobian_of


def _is_forward(run: Run, mode: Mode | None) -> bool:
    return len(run.items) > run.size if mode is None else mode == "forward"


def _pulled(run: Run) -> list[Sequence[Any]] | None:
    """The derivatives of each result by all inputs, as numbers; None, if they might be Values."""
    if not run.is_plain:
        return None
    rows: list[Sequence[Any]] = []
    for item in run.items:
        row = run.pull(item)
        if row is None:
            return None
        rows.append(row)
    return rows


def _swept(run: Run, mode: Mode | None, form: Form | None) -> tuple[list[Any], Entries]:
    """The results; and their derivatives that can be other than 0."""
    piece = run.piece(run.items)

    def planned(make: Callable[..., Sweeps]) -> Sweeps:
        return sparsity.remembered(make, piece.record, run.size, len(run.items))

    forward = _is_forward(run, mode)
    if form is not None and mode is None:
        forward = len(planned(sparsity.forward).seeds) < len(planned(sparsity.reverse).seeds)
    sweeps = planned(sparsity.forward if forward else sparsity.reverse)
    values, found = (piece.push if forward else piece.pull)(sweeps.seeds)
    entries = sweeps.of(found)
    run.refuse_anomalies(entries.items)
    return values, entries


def tabulated(run: Run, rows: Sequence[Sequence[Any]], results: Tree | None = None) -> Any:
    """The containers of the results, with the containers of the input at each place, from a row per result."""
    numbers_alone = not run.input.arrays

    def entries(result: Leaf) -> Any:
        of_result = rows[result.start : result.start + result.size]
        if numbers_alone and result.kind <= ROW:
            found = list(map(run.outside, of_result))
            return found[0] if result.kind == NUMBER else like(result.given, found)

        def entry(argument: Leaf) -> Any:
            items = strip(of_result, argument)
            return joined(items, result.shape + argument.shape, result.of_numpy or argument.of_numpy)

        return run.input.map(entry)

    return (results or run.outputs).map(entries, rows=numbers_alone)


def strip(rows: Sequence[Sequence[Any]], leaf: Leaf) -> Sequence[Any]:
    """The numbers of a leaf in each row, one row after the other; an `array`, if the rows are."""
    found: Any = array("d") if rows and all(isinstance(row, array) for row in rows) else []
    for row in rows:
        found += row[leaf.start : leaf.start + leaf.size]
    return found  # type: ignore[no-any-return]


# --- one matrix, of the entries that can be other than 0


def form_of(sparse: Any) -> Form | None:
    """The form that `sparse` asks for; None for False. Raises `ArgumentError` for what is none of its values."""
    if sparse is False or sparse is True or (isinstance(sparse, str) and sparse in ("csr", "coo")):
        return ("csr" if sparse else None) if isinstance(sparse, bool) else sparse  # type: ignore[return-value]
    raise ArgumentError(f'sparse must be False, True, "csr" or "coo", got {convert.short(sparse)}')


def load_for(form: Form | None) -> Any:
    """`scipy.sparse`, if it is needed. Raises `MissingExtraError` without it."""
    return None if form is None else extras.load("scipy.sparse", "sparse")


def matrix(
    form: Form,
    entries: Entries,
    rows_of: Tree,
    columns_of: Tree,
    name: str,
) -> Any:
    """An array of `scipy.sparse`, whose rows and columns are the numbers of trees, in order."""
    numbers = entries.items
    if not isinstance(numbers, array) and any(isinstance(x, core.Node) for x in numbers):
        numbers = [x.data if isinstance(x, core.Node) else x for x in numbers]
        contexts.warn_user(
            f"the gradient stops here: this derivative of {name} depends on Values, and an array of scipy.sparse holds"
            " numbers. Leave `sparse` out, or use `with sg.no_grad():` around the call",
            ImplicitDetachWarning,
        )
    scipy, numpy = load_for(form), extras.load("numpy", "sparse")
    shape = rows_of.size, columns_of.size
    counts, second = numpy.array(entries.counts, dtype=numpy.intc), numpy.array(entries.columns, dtype=numpy.intc)
    data = numpy.array(numbers, dtype=float)
    places = _places(rows_of), _places(columns_of)
    if places != (None, None):
        first, second = (each if to is None else numpy.array(to, numpy.intc)[each]
                         for to, each in zip(places, (_rows(numpy, counts), second)))  # fmt: skip
        order = numpy.lexsort((second, first))
        second, data, counts = second[order], data[order], numpy.bincount(first, minlength=shape[0])
    if form == "coo":
        return scipy.coo_array((data, (_rows(numpy, counts), second)), shape=shape)
    starts = numpy.zeros(shape[0] + 1, dtype=numpy.intc)
    numpy.cumsum(counts, out=starts[1:])
    return scipy.csr_array((data, second, starts), shape=shape)


def _rows(numpy: Any, counts: Any) -> Any:
    """The row of each entry, of how many each row has."""
    return numpy.arange(len(counts), dtype=numpy.intc).repeat(counts)


def _places(tree: Tree) -> list[int] | None:
    """Where the numbers of a tree come in the order of its containers; None, if they are in this order."""
    leaves: list[Leaf] = []
    tree.map(leaves.append, rows=True)
    if all(leaf.start <= after.start for leaf, after in pairwise(leaves)):
        return None
    places = [0] * tree.size
    for place, number in enumerate(k for leaf in leaves for k in range(leaf.start, leaf.start + leaf.size)):
        places[number] = place
    return places
