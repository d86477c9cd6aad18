"""numpy's functions on Vector, Matrix and Mask: numpy's numbers with the right gradients, or an error of ours."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

from scalargrad import Matrix, ScalargradError, Value, Vector, errors
from scalargrad.arrays.numpy import functions
from scalargrad.arrays.numpy.rules import of_numpy
from tests.support import numpys
from tests.support.numpy_calls import OTHERS, REDUCTIONS_AND_PRODUCTS

try:
    from numpy.testing import overrides

    LISTED = overrides.get_overridable_numpy_array_functions()
except ImportError:  # numpy 1.24
    LISTED = set()

CALLS = {**REDUCTIONS_AND_PRODUCTS, **OTHERS}
NAMES = [name for name in CALLS if of_numpy(name) is not None]
nan, inf = np.nan, np.inf
# What elimination makes of nan and infinity depends on its order; tests/test_linalg.py has ours.
ELIMINATED = {f"linalg.{name}" for name in ("solve", "inv", "det", "slogdet", "cholesky", "matrix_power")}
# Other numbers in place of those of `numpys.NUMBERS`: the numbers of a result are numpy's, whatever its gradient is.
SETS: dict[str, dict[str, Any]] = {
    "special": {
        "v": [0.0, -0.0, nan], "w": [inf, -1.0, 0.0], "u": [-inf, 0.0, inf], "M": [[0.0, inf, -1.0], [nan, 0.0, 2.0]],
        "N": [[1.0, -inf], [0.0, 2.0], [-0.0, 3.0]], "L": [[0.0, 5e-324, 0.0], [1.0, inf, nan]],
        "S": [[0.0, 0.0, inf], [1.0, 2.0, 3.0], [-1.0, nan, 0.0]],
    },
    "ties": {
        "v": [1.0, 1.0, 1.0], "w": [1.0, 2.0, 1.0], "u": [1.0, 2.0, 3.0], "M": [[1.0, 1.0, 2.0], [2.0, 1.0, 1.0]],
        "N": [[1.0, 1.0], [1.0, 1.0], [2.0, 2.0]], "L": [[1.0, 2.0, 1.0], [1.0, 1.0, 1.0]], "S": np.eye(3),
    },
    "ones": {
        "v": [2.0], "w": [3.0], "u": [1.0], "M": [[2.0]], "N": [[4.0]], "L": [[3.0]], "S": [[5.0]], "p": [nan],
        "P": [[nan]], "c": [True], "C": [[True]], "D": [[False]],
    },
    "empty": {
        **dict.fromkeys(("v", "w", "u", "p"), np.zeros(0)), **dict.fromkeys(("M", "L"), np.zeros((2, 0))),
        "N": np.zeros((0, 2)), "S": np.zeros((0, 0)), "P": np.zeros((0, 3)), "c": np.zeros(0, bool),
        **dict.fromkeys(("C", "D"), np.zeros((2, 0), bool)),
    },
    "that do not fit": {
        "v": [1.0, 2.0], "w": [3.0, -1.0, 2.0, 4.0], "M": [[1.0], [2.0]], "N": [[1.0, 2.0, 3.0]], "L": [[1.0, 2.0]],
        "S": [[1.0, 2.0], [3.0, 4.0]], "c": [True, False], "C": [[True], [False]], "D": [[True, False]],
    },
}  # fmt: skip


def texts(name: str) -> list[str]:
    return [text for text in CALLS[name].split("; ") if text]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_has_numpys_numbers_and_the_right_gradients(name: str) -> None:
    for text in texts(name):
        numpys.check(text)


def outcome(text: str, arrays: dict[str, Any]) -> Any:
    """The result, or the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return numpys.evaluated(text, arrays)
        except Exception as error:
            return error


@pytest.mark.parametrize("kind", SETS)
def test_degenerate_numbers_and_shapes_give_numpys_numbers_or_errors_of_ours(kind: str) -> None:
    numbers = {**numpys.NUMBERS, **{name: np.asarray(x) for name, x in SETS[kind].items()}}
    names = [name for name in NAMES if kind != "special" or name not in ELIMINATED]
    for text in (text for name in names for text in texts(name)):
        wanted = outcome(text, {name: x.copy() for name, x in numbers.items()})
        for kinds in numpys.mixtures(numpys.names_in(text)):
            if "objects" in kinds.values():
                continue
            found = outcome(text, {n: numpys.ours(numbers[n]) if k == "ours" else numbers[n] for n, k in kinds.items()})
            if isinstance(found, Exception):
                # an expression may fail before it calls the function, in the same way as with numpy's arrays
                assert isinstance(found, ScalargradError) or str(found) == str(wanted), (text, kinds, repr(found))
                assert isinstance(wanted, Exception) or kind != "ties", (text, kinds, found)
            elif not isinstance(wanted, Exception):
                assert numpys.shapes(found) == numpys.shapes(wanted), (text, kinds)
                items = [numpys.number(x) for x in numpys.flat(found)]
                expected = np.array(numpys.flat(wanted), dtype=float)
                assert np.allclose(items, expected, rtol=1e-12, atol=1e-14, equal_nan=True), (
                    text,
                    kinds,
                    found,
                    wanted,
                )
            else:
                assert text.startswith("np.average") and 0 in np.shape(found), (text, kinds, found, wanted)


# --- the functions that have no rule


def name_of(function: Any) -> str:
    place = function.__module__.removeprefix("numpy").removeprefix(".")
    return f"{place}.{function.__name__}".removeprefix(".")


FUNCTIONS: dict[str, Any] = {name_of(function): function for function in LISTED}
FUNCTIONS = {name: of_numpy(name) or function for name, function in FUNCTIONS.items()}  # some have two of a name
RULED = {of_numpy(name) for name in functions.RULES}
REFUSED = sorted(name for name, function in FUNCTIONS.items() if function not in RULED)
# numpy asks the items of a sequence, and so the elements of a Vector: it converts them, with the warning.
OF_ITEMS = {"poly", "roots", "lib.recfunctions.merge_arrays", "lib.recfunctions.stack_arrays"}
# Functions with a rule whose results are no numbers, or never of two dimensions: other tests have them.
ELSEWHERE = {"atleast_3d", "can_cast", "common_type", "copyto", "dsplit", "dstack", "empty_like", "may_share_memory"}
ELSEWHERE |= {"min_scalar_type", "result_type", "shares_memory"}
# These numpy asks for `like=` alone.
BY_LIKE = {"array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray", "fromiter", "fromstring", "require"}


def test_each_rule_is_tried() -> None:
    """A function that a later numpy adds has no rule, and is refused below."""
    tried = {of_numpy(name) for name in NAMES}
    for name, function in FUNCTIONS.items():
        if function in RULED and name not in ELSEWHERE:
            assert function in tried, name


@pytest.mark.parametrize("name", REFUSED)
def test_a_function_without_a_rule_is_refused(name: str) -> None:
    """In some number of arguments numpy takes the call: then it asks our arrays."""
    function, reached = FUNCTIONS[name], 0
    for x in (Vector([1.0, 2.0]), Matrix([[1.0, 2.0], [3.0, 4.0]])):
        calls: list[Any] = [((x,) * n, {}) for n in range(1, 6) if name not in BY_LIKE | OF_ITEMS or x.ndim > 1]
        calls += [(args, {"like": x}) for args in ((), (3,), ([1.0], float), ("1 2",), (3, 3))]
        for args, keywords in calls if name not in BY_LIKE else calls[-5:]:
            try:
                found = function(*args, **keywords)
            except errors.DispatchError as error:
                reached += 1
                assert re.search(r"^np\.\S+ has no rule for arrays of Values: .*\.numpy\(\)", str(error))
            except (TypeError, ValueError, AttributeError):  # numpy's own, for a wrong number of arguments
                continue
            else:
                raise AssertionError(f"np.{name} returned {found!r}")
    assert reached or name.startswith("lib.recfunctions")


@pytest.mark.parametrize(
    "text",
    [
        "np.sum(v, dtype=np.float32)", "np.sum(v, where=c)", "np.sum(v, initial=1.0)", "np.sum(v, out=np.zeros(()))",
        "np.mean(v, dtype=int)", "np.cumsum(v, out=np.zeros(3))", "np.take(v, [0], None, np.zeros(1))", "np.take(v, w)",
        "np.concatenate([v, w], out=np.zeros(6))", "np.concatenate([v, w], dtype=np.float32)", "np.stack([M, L])",
        "np.dstack([v, w])", "np.expand_dims(M, 0)", "np.linalg.norm(M, 2)", "np.linalg.norm(M, 'nuc')",
        "np.einsum('i,jk->ijk', v, M)", "np.einsum('...i->...', M)", "np.copyto(v, w)",
        "np.copyto(np.zeros(3), v)", "np.put(v, [0], [1.0])", "np.put(np.zeros(3), [0], v[:1])", "np.fft.fft(v)",
        "np.pad(v, 1, mode='mean')", "np.average(v, weights=w, returned=True)", "np.quantile(v, 0.5, method='lower')",
        "np.interp(v, u, w, period=1.0)", "np.unique(M, axis=0)",
        "np.astype(v, int)" if hasattr(np, "astype") else "np.fft.fft(v)", "np.zeros_like(v, dtype=int)",
        "np.linalg.norm(v, [1])", "np.linalg.norm(v, v[0])", "np.diff(v, n=-1)",
        "np.linalg.matrix_power(S, 2.0)", "np.linalg.matrix_power(S, 'a')", "np.tensordot(v, v, axes='a')",
        "np.percentile(v, w[0])", "np.quantile(u, u)", "np.quantile(v, [0.5, u[0]])",
        "np.diff(v, n='a')", "np.diff(v, n=1.5)", "np.cov(v, ddof='a')", "np.take(v, np.array([0.5]))",
        "np.linalg.multi_dot([v])", "np.linalg.multi_dot([v, w, v])", "np.einsum('ii->', M)",
    ],
)  # fmt: skip
def test_what_is_asked_of_a_function_may_be_refused(text: str) -> None:
    arrays = {name: numpys.ours(x) for name, x in numpys.NUMBERS.items()}
    before = {name: x.tolist() for name, x in arrays.items()}
    with pytest.raises(
        ScalargradError,
        match=r"\.numpy\(\)|nothing was changed|, got|takes no |write ",
    ):
        numpys.evaluated(text, arrays)
    assert all(x is y for name in "vwu" for x, y in zip(before[name], arrays[name].tolist()))


def test_types_are_those_of_floats() -> None:
    x = Vector([1.0, 2.0])
    assert np.result_type(x, 1) == np.common_type(x) == x.dtype == float and np.can_cast(x.dtype, float)
    with pytest.raises(errors.ArgumentError, match="takes the indices of each array as text or as a list"):
        np.einsum(x, x)


def test_constants_depend_on_no_value() -> None:
    x = Vector([1.0, 2.0])
    for found in (np.zeros_like(x), np.ones_like(x), np.full_like(x, 3.0), np.empty_like(x)):
        assert type(found) is Vector and all(type(item) is float for item in found)
    assert np.full_like(x, x[0])[1] is x[0]


def test_moving_elements_records_nothing() -> None:
    x = Matrix([[1.0, 2.0], [3.0, 4.0]])
    leaves = set(map(id, x.elements()))
    for found in (
        np.concatenate([x, x]),
        np.flip(x),
        np.tile(x, 2),
        np.sort(x),
        np.roll(x, 1),
        np.rot90(x),
        x.flatten(),
    ):
        assert set(map(id, found.elements())) == leaves
    assert {type(item) for item in np.tril(x).elements()} == {Value, float}


def test_a_copy_keeps_the_gradient() -> None:
    x = Vector([1.0, -0.0, nan])
    y = np.copy(x)
    x.data = [5.0, 6.0, 7.0]
    assert y.numpy().tobytes() == np.array([1.0, -0.0, nan]).tobytes()
    y.sum().backward()
    assert x.grad == [1.0, 1.0, 1.0]


def test_an_array_of_another_library_gets_its_turn() -> None:
    class Other:
        def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> str:
            return "other"

    assert np.concatenate([Vector([1.0]), Other()]) == "other"
