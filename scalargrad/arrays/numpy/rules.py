"""The registry: which rule stands for which of numpy's functions, and what is said where none does.

A rule is a function with the parameters of numpy's function, in numpy's order. Parameters that ask for something that
arrays do not have (`out`, `dtype`, `where`) are checked here, before the rule runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy

from scalargrad.arrays.arithmetic import as_array
from scalargrad.arrays.base import Array
from scalargrad.arrays.reductions import is_double
from scalargrad.convert import short
from scalargrad.errors import (
    ArgumentError,
    DispatchError,
    IndexingError,
    KeywordError,
    NumberError,
    ScalargradError,
    ShapeError,
)

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}  # by the name within numpy, such as linalg.norm
PARAMETERS: dict[Rule, tuple[str, ...]] = {}
OPEN: set[Rule] = set()  # rules that take their arguments as they are given

NUMBERS = "x.numpy() gives the numbers, without the gradient"
_KEEPS = "the elements of arrays of Values cannot be replaced: make a new one, by np.where or np.concatenate"
_FLOATS = "the numbers of arrays of Values are float64"
# What to write in place of a function without a rule.
INSTEAD: dict[str, str] = {
    **dict.fromkeys(("copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"), _KEEPS),
    **dict.fromkeys(("apply_along_axis", "apply_over_axes", "piecewise"),
                    "call your function on each row, and np.stack the results; sg.where chooses between results"),
    **dict.fromkeys(("array2string", "array_repr", "array_str"), 'write str(x) or f"{x:.3f}"'),
    **dict.fromkeys(("save", "savez", "savez_compressed", "savetxt"), "write pickle.dump(x, file)"),
    **dict.fromkeys(("linspace", "logspace", "geomspace"), "write start + (stop - start) * np.linspace(0.0, 1.0, n)"),
}  # fmt: skip
# Options that rules do not have.
_REFUSED = {
    "dtype": _FLOATS, "like": "write zeros_like, ones_like or full_like",
    "where": "select before, by x[mask]", "initial": "combine it with the result",
}  # fmt: skip
_HARMLESS: Any = {"out": None, "where": True, "like": None}
# Options that change nothing here.
_FREE = {"casting", "subok", "kind", "stable", "overwrite_input", "optimize", "device"}


def rule(*names: str, parameters: tuple[str, ...] | None = None) -> Callable[[Rule], Rule]:
    """Registers a rule, by numpy's names for it, with its parameters in numpy's order: by default, its own."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        code = function.__code__
        PARAMETERS[function] = parameters or code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        return function

    return register


def open_rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers a rule that takes the arguments as they are given."""

    def register(function: Rule) -> Rule:
        OPEN.add(function)
        return rule(*names)(function)

    return register


def of_numpy(name: str) -> Any:
    """numpy's function of a name; None if this version has none."""
    found: Any = numpy
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def refuse(name: str) -> NoReturn:
    """Raises because a function has no rule."""
    advice = f"{INSTEAD[name]}; {NUMBERS}" if name in INSTEAD else NUMBERS
    raise DispatchError(f"np.{name} has no rule for arrays of Values: {advice}")


def called(name: str, function: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a rule returns for arguments of numpy's function, whose options are checked."""
    if function in OPEN:
        return by_numpy(name, function, args, checked(name, kwargs))
    names = PARAMETERS[function]
    given = {k: x for k, x in checked(name, {**dict(zip(names, args)), **kwargs}).items() if k not in _FREE}
    if unknown := sorted(given.keys() - set(names)):
        raise KeywordError(f"np.{name} of an array of Values takes no {unknown[0]}=: leave it out; {NUMBERS}")
    found = by_numpy(name, function, (), given)
    return found.item() if isinstance(found, Array) and found.ndim == 0 else found


def checked(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments without the options that change nothing. Raises `KeywordError` for those that would."""
    kept = {}
    for option, x in given.items():
        if x is numpy._NoValue or x is _HARMLESS.get(option, _HARMLESS) or (option == "dtype" and is_double(x)):
            continue
        if option == "out":
            refuse_out(name, x)
        if option in _REFUSED:
            shown = getattr(x, "__name__", short(x))
            raise KeywordError(f"np.{name}({option}={shown}) of an array of Values: {_REFUSED[option]}; {NUMBERS}")
        kept[option] = x
    return kept


def refuse_out(name: str, out: Any) -> NoReturn:
    """Raises because results were to go into an array that cannot take them."""
    what = f"a numpy array of {out.dtype} cannot hold Values"
    if not isinstance(out, numpy.ndarray):
        what = f"the elements of a {type(out).__name__} cannot be replaced"
    raise KeywordError(
        f"np.{name}(out=...): {what}; nothing was changed: write a = a * v for a *= v, and a = np.{name}(...)"
        " without out="
    )


def into(out: Any, found: Any, name: str, spread: bool = True) -> Any:
    """Puts results into an array of objects, which can hold Values; `spread`, if it may have a larger shape. Raises
    `KeywordError` for other arrays."""
    if out.dtype != object:
        refuse_out(name, out)
    shape = getattr(found, "shape", ())
    try:
        fits = shape == out.shape or (spread and numpy.broadcast_shapes(shape, out.shape) == out.shape)
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"np.{name}: results of shape {shape} do not fit into an array of shape {out.shape}")
    out[...] = numpy.asarray(found, dtype=object) if shape else found
    return out


def ours(x: Any, name: str) -> Any:
    """An argument as an array of ours."""
    found = as_array(x)
    if found is None:
        raise NumberError(f"np.{name} needs arrays of numbers, got {type(x).__name__} {short(x)}")
    return found


def by_numpy(name: str, function: Rule, args: Any, kwargs: Any) -> Any:
    """What a rule, or numpy's own function, returns. Python's and numpy's errors, of wrong arguments, become ours."""
    try:
        return function(*args, **kwargs)
    except ScalargradError:
        raise
    except IndexError as error:  # numpy.AxisError too, which is also a ValueError
        kind = ArgumentError if isinstance(error, ValueError) else IndexingError
        raise kind(f"np.{name}: {error}") from None
    except ValueError as error:
        raise ShapeError(f"np.{name}: {error}") from None
    except TypeError as error:
        raise NumberError(f"np.{name}: {error}; {NUMBERS}") from None
