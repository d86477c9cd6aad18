"""Which builtin each error is, by hand; optional libraries, the data sets' own numbers, and odd terminals."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import datasets, errors, extras
from scalargrad.errors import MissingExtraError, ScalargradError

pytestmark = pytest.mark.once

BUILTINS: dict[str, type[Exception]] = {
    "AnomalyError": FloatingPointError,
    "ArgumentError": ValueError,
    "BackendError": ImportError,
    "GradientMismatchError": AssertionError,
    "DispatchError": TypeError,
    "ForwardError": TypeError,
    "HandmadeNodeError": TypeError,
    "KeywordError": TypeError,
    "HigherOrderError": NotImplementedError,
    "MissingExtraError": ImportError,
    "MissingNameError": AttributeError,
    "NumberError": TypeError,
    "RangeError": OverflowError,
    "ReadOnlyError": AttributeError,
    "RecordError": ValueError,
    "ShapeError": ValueError,
    "StateError": ValueError,
}
# Errors of a narrower kind: the other error of ours, and the second builtin.
NARROWER: dict[str, tuple[str, type[Exception]]] = {
    "IndexingError": ("ArgumentError", IndexError),
    "ItemAssignmentError": ("ReadOnlyError", TypeError),
    "LinAlgError": ("ArgumentError", ArithmeticError),
}


def test_every_error_is_in_the_table() -> None:
    there = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert there == {*BUILTINS, *NARROWER, "ScalargradError", "ImplicitDetachWarning"}


@pytest.mark.parametrize("name", BUILTINS)
def test_an_error_is_ours_and_the_builtin(name: str) -> None:
    kind = getattr(errors, name)
    assert kind.__mro__ == (kind, ScalargradError, *BUILTINS[name].__mro__)
    error = pickle.loads(pickle.dumps(kind("why")))  # as it comes from another process
    assert type(error) is kind and str(error) == "why"


@pytest.mark.parametrize("name", NARROWER)
def test_a_narrower_error_is_both(name: str) -> None:
    kind, (wider, builtin) = getattr(errors, name), NARROWER[name]
    assert kind.__bases__ == (getattr(errors, wider), builtin)
    error = pickle.loads(pickle.dumps(kind("why")))
    assert type(error) is kind and str(error) == "why"


def test_the_base_and_the_warning() -> None:
    assert ScalargradError.__bases__ == (Exception,)
    assert errors.ImplicitDetachWarning.__bases__ == (UserWarning,)
    assert sg.ScalargradError is ScalargradError


# --- optional libraries ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "extra", "message"), [
    ("sklearn.datasets", "demo", "scikit-learn cannot be imported: install it with pip install 'scalargrad[demo]'"),
    ("json.nowhere", "test", "json cannot be imported: install it with pip install 'scalargrad[test]'"),
    ("nowhere_at_all", "bench", "nowhere_at_all cannot be imported: install it with pip install 'scalargrad[bench]'"),
])  # fmt: skip
def test_what_is_missing_names_its_extra(module: str, extra: str, message: str, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError) as caught:
        extras.load(module, extra)
    assert str(caught.value) == message and isinstance(caught.value.__cause__, ImportError)
    if extra == "demo":
        assert extras.found(module, "so there") is False
        assert capsys.readouterr().out == f"note: so there: {message}\n"


def test_what_is_there_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert extras.load("json.decoder") is sys.modules["json.decoder"]
    assert extras.found("json.decoder", "never said") is True and capsys.readouterr().out == ""


def test_a_submodule_from_before_does_not_hide_that_its_library_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    import json.decoder  # noqa: F401

    monkeypatch.setitem(sys.modules, "json", None)
    with pytest.raises(MissingExtraError, match="json cannot be imported"):
        extras.load("json.decoder")


# --- data sets -------------------------------------------------------------------------------------------------------


def test_digits_are_those_of_scikit_learn() -> None:
    reference = pytest.importorskip("sklearn.datasets").load_digits()
    pictures, labels = datasets.load_digits()
    assert pictures == reference.data.tolist() and labels == reference.target.tolist()
    assert len(pictures) == 1797 and {type(ink) for ink in pictures[0]} == {float} and type(labels[0]) is int


def test_irises_by_hand() -> None:
    """The first of each species, from Fisher's table."""
    features, labels, names = datasets.load_iris()
    assert names == ["setosa", "versicolor", "virginica"]
    firsts = [features[labels.index(k)] for k in range(3)]
    assert firsts == [[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5]]
    assert [labels.count(k) for k in range(3)] == [50, 50, 50]


def test_the_noise_of_plain_moons() -> None:
    """Of a thousand points: the mean within five standard errors of 0, the deviation within five of 0.1, by x and y."""
    clean, labels = datasets.make_plain_moons(1000, 0.0, seed=0)
    noisy, same_labels = datasets.make_plain_moons(1000, 0.1, seed=3)
    assert labels == same_labels == [0] * 500 + [1] * 500
    for axis in (0, 1):
        off = [p[axis] - q[axis] for p, q in zip(noisy, clean)]
        assert abs(sum(off) / 1000) < 5 * 0.1 / 1000**0.5
        assert (sum(d * d for d in off) / 1000) ** 0.5 == pytest.approx(0.1, abs=5 * 0.1 / 2000**0.5)
    assert datasets.make_plain_moons(1000, 0.1, seed=3)[0] == noisy != datasets.make_plain_moons(1000, 0.1, seed=4)[0]


def test_a_moon_of_one_point() -> None:
    assert datasets.make_plain_moons(2, 0.0, seed=0) == ([[1.0, 0.0], [0.0, 0.5]], [0, 1])
    assert datasets.make_plain_moons(3, 0.0, seed=0)[1] == [0, 1, 1]


# --- the command line ------------------------------------------------------------------------------------------------


def test_a_terminal_that_knows_ascii_alone() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "scalargrad", "formulas", "C7"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (run.returncode, run.stderr) == (0, "") and r"tolerance: 4*n*\u03b5*S" in run.stdout


def test_an_error_goes_to_stderr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from scalargrad.__main__ import main
    from scalargrad.demos.moons import Moons

    def loss(demo: Any) -> Any:
        raise errors.ArgumentError("no loss today")

    monkeypatch.setattr(Moons, "loss", loss)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert main(["demo", "moons", "--no-plot"]) == 1
    printed = capsys.readouterr()
    assert printed.err == "scalargrad: no loss today\n" and "no loss" not in printed.out
