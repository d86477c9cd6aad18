"""The data sets: the same numbers as scikit-learn's, and what happens without it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from scalargrad import datasets, extras
from scalargrad.errors import MissingExtraError

pytestmark = pytest.mark.once


def test_iris_are_those_of_scikit_learn() -> None:
    reference = pytest.importorskip("sklearn.datasets").load_iris()
    features, labels, names = datasets.load_iris()
    assert features == reference.data.tolist()
    assert labels == reference.target.tolist()
    assert names == reference.target_names.tolist()


def test_moons_are_those_after_numpy_seed() -> None:
    make_moons = pytest.importorskip("sklearn.datasets").make_moons
    numpy: Any = pytest.importorskip("numpy")
    before = numpy.random.get_state()
    numpy.random.seed(7)
    points, labels = make_moons(n_samples=100, noise=0.1)
    numpy.random.set_state(before)
    assert datasets.make_moons(100, 0.1, seed=7) == (points.tolist(), labels.tolist())


def test_plain_moons_have_the_same_shapes() -> None:
    make_moons = pytest.importorskip("sklearn.datasets").make_moons
    points, labels = make_moons(n_samples=101, noise=None, shuffle=False)
    ours, our_labels = datasets.make_plain_moons(101, 0.0, seed=0)
    assert our_labels == labels.tolist()
    for point, reference in zip(ours, points.tolist()):
        assert point == pytest.approx(reference, abs=1e-15)


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"scikit-learn.*pip install 'scalargrad\[demo\]'"):
        datasets.make_moons(10, 0.1, seed=0)
    with pytest.raises(ImportError):
        extras.load("sklearn.datasets")
