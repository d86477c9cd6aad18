"""Calls of numpy's functions, and the law that they obey on arrays of Values: numpy's numbers, and the right gradients.

An expression is text, such as ``np.sum(M, axis=0)``, in which v, w, M and so on are arrays. The same text is evaluated
on numpy's arrays and on ours. The gradient is compared with central differences of numpy's own function.
"""

from __future__ import annotations

import itertools
import re
import warnings
from typing import Any

import numpy as np

from scalargrad import Mask, Matrix, Value, Vector

NUMBERS: dict[str, Any] = {
    "v": np.array([0.7, -1.3, 2.1]),
    "w": np.array([1.9, 0.4, -0.8]),
    "u": np.array([0.3, 0.6, 0.9]),
    "M": np.array([[0.57, -1.23, 2.3], [1.7, 0.9, -0.46]]),
    "N": np.array([[0.2, 1.1], [-0.7, 0.6], [1.3, -1.6]]),
    "L": np.array([[1.4, -0.3, 0.8], [-0.6, 2.2, 0.1]]),
    "S": np.array([[2.0, 0.3, -0.5], [0.4, 1.5, 0.7], [-0.2, 0.6, 3.0]]),
    "p": np.array([0.7, np.nan, 2.1, -0.2]),
    "P": np.array([[0.7, np.nan, 2.1], [1.2, 0.4, -0.9]]),
    "c": np.array([True, False, True]),
    "C": np.array([[True, False, True], [False, False, True]]),
    "D": np.array([[True, True, False], [False, True, False]]),
}
_DIFFERENCE = 1e-5  # the step h: the error of a central difference is about h**2 and 1e-16 / h


def names_in(text: str) -> list[str]:
    """The arrays in an expression."""
    return sorted({name for name in re.findall(r"\b[A-Za-z]\b", text) if name in NUMBERS})


def ours(x: Any) -> Any:
    """numpy's array as ours."""
    return Mask(x) if x.dtype == bool else (Vector if x.ndim == 1 else Matrix)(x.copy())


def objects(x: Any) -> Any:
    """numpy's array as an object array of Values."""
    found = np.empty(x.shape, dtype=object)
    found.ravel()[:] = [Value(item) for item in x.ravel()]
    return found


def mixtures(names: list[str]) -> list[dict[str, Any]]:
    """The arrays of an expression as ours, and each mixture of ours with numpy's arrays of numbers and of objects."""
    found = []
    for kinds in itertools.product(("ours", "numbers", "objects"), repeat=len(names)):
        if "ours" in kinds and not any(k == "objects" and NUMBERS[n].dtype == bool for k, n in zip(kinds, names)):
            found.append(dict(zip(names, kinds)))
    return found


def made(kinds: dict[str, Any]) -> dict[str, Any]:
    how = {"ours": ours, "numbers": np.copy, "objects": objects}
    return {name: how[kind](NUMBERS[name]) for name, kind in kinds.items()}


def evaluated(text: str, arrays: dict[str, Any]) -> Any:
    return eval(text, {"np": np, **arrays})


def flat(found: Any) -> list[Any]:
    """The items of a result: Values, numbers and bools."""
    if isinstance(found, (list, tuple)):
        return [item for part in found for item in flat(part)]
    if isinstance(found, (Vector, Matrix, Mask)):
        return found.elements()
    return list(np.asarray(found).ravel()) if isinstance(found, np.ndarray) else [found]


def shapes(found: Any) -> Any:
    if isinstance(found, (list, tuple)):
        return [shapes(part) for part in found]
    return tuple(getattr(found, "shape", ()))


def number(x: Any) -> float:
    return float(x.data if isinstance(x, Value) else x)


def weighted(items: list[Any]) -> Any:
    """A sum of all items with different weights, so that none stands for another."""
    return sum((0.3 + 0.1 * k) * x for k, x in enumerate(items) if isinstance(x, Value) or x == x)


def difference(text: str, name: str) -> Any:
    """Central differences of numpy's result by each number of an array."""
    slopes = np.zeros(NUMBERS[name].size)
    for k in range(slopes.size):
        sums = []
        for step in (_DIFFERENCE, -_DIFFERENCE):
            arrays = {n: x.copy() for n, x in NUMBERS.items()}
            arrays[name].ravel()[k] += step
            sums.append(weighted([float(x) for x in flat(evaluated(text, arrays))]))
        slopes[k] = (sums[0] - sums[1]) / (2.0 * _DIFFERENCE)
    return slopes.reshape(NUMBERS[name].shape)


def check(text: str, gradients: bool = True) -> None:
    """In each mixture, the result of an expression has numpy's shapes and numbers, and the gradients of differences."""
    names = names_in(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        wanted = evaluated(text, NUMBERS)
        slopes = {name: difference(text, name) for name in names if NUMBERS[name].dtype == float} if gradients else {}
    for kinds in mixtures(names):
        arrays = made(kinds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            found = evaluated(text, arrays)
        assert shapes(found) == shapes(wanted), (text, kinds, found, wanted)
        items = flat(found)
        numbers = np.array([number(x) for x in items])
        assert np.allclose(numbers, np.array(flat(wanted), dtype=float), rtol=1e-13, atol=1e-14, equal_nan=True), (
            text,
            kinds,
        )
        if not gradients:
            continue
        total = weighted(items)
        if isinstance(total, Value):
            total.backward()
        for name, slope in slopes.items():
            x = arrays[name]
            if kinds[name] == "numbers":
                continue
            grads = np.array([item.grad for item in x.ravel()]).reshape(x.shape) if kinds[name] == "objects" else x.grad
            known = ~np.isnan(NUMBERS[name])
            # bound: h**2 times a third derivative of about 10**2, and 1e-15 / h for each rounding
            assert np.allclose(grads[known], slope[known], rtol=1e-6, atol=1e-7), (text, kinds, name, grads, slope)
