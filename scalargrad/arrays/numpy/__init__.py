"""numpy's protocols: what numpy asks our arrays when it meets them, which imports this; the other modules, when it asks
for what has no row in the table.

`rules` is the registry. `moving` has the functions that only move elements, `looking` those that only look at the
numbers; `reducing`, `products` and `pointwise` have the others, and `ufuncs` what ufuncs have beside the table's rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from scalargrad.arrays import arithmetic
from scalargrad.arrays.arithmetic import elementwise
from scalargrad.arrays.mask import combined
from scalargrad.arrays.methods import Methods
from scalargrad.table import ops

# By numpy's name of a ufunc. The rows of the table are here, so that nothing else is looked at on their way.
_CALLS: dict[str, Callable[..., Any]] = {
    **{name: partial(elementwise, ops.OPCODE[name]) for name in ops.BY_NAME},
    **{name: partial(elementwise, ops.OPCODE[row]) for name, row in ops.NUMPY.items()},
    **dict.fromkeys(("power", "float_power"), arithmetic.power),
    "matmul": arithmetic.product,
    **{
        name: partial(arithmetic.compared, row)
        for name, row in zip(
            ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"), arithmetic.COMPARED
        )
    },
    **dict.fromkeys(("bitwise_and",), partial(combined, "&")),
    **dict.fromkeys(("bitwise_or",), partial(combined, "|")),
    **dict.fromkeys(("bitwise_xor",), partial(combined, "^")),
}


def array_ufunc(self: Methods, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """The result of one of numpy's ufuncs, or of a method of it."""
    if method == "__call__" and not kwargs:
        function = _CALLS.get(ufunc.__name__)
        if function is not None:
            found = function(*inputs)
            if found is not NotImplemented:
                return found
    from scalargrad.arrays.numpy import ufuncs

    return ufuncs.call(_CALLS, ufunc, method, inputs, kwargs)


def array_function(self: Methods, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of another of numpy's functions. Raises `DispatchError` if it has no rule."""
    from scalargrad.arrays.numpy import functions

    return functions.array_function(function, types, args, kwargs)


for _name, _function in (("__array_ufunc__", array_ufunc), ("__array_function__", array_function)):
    setattr(Methods, _name, _function)
