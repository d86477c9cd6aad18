"""Calls that once lost something without a word, or failed without one: each warns, works, or says why."""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import ImplicitDetachWarning, Matrix, Value, Vector, core, nn, optim
from scalargrad.errors import ArgumentError, ScalargradError

LOST: dict[str, Callable[[Any], Any]] = {
    "data": lambda x: x.data**2,
    "a constant": lambda x: 3.0,
    "round": lambda x: round(x),
}
TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: sg.grad(f)(2.0),
    "value_and_grad": lambda f: sg.value_and_grad(f)(2.0)[1],
    "jacobian": lambda f: sg.jacobian(f)(2.0),
    "vjp": lambda f: sg.vjp(f, 2.0)[1](1.0)[0],
    "jvp": lambda f: sg.jvp(f, (2.0,), (1.0,))[1],
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", LOST)
def test_a_derivative_that_no_value_reached(name: str, transform: str) -> None:
    with pytest.warns(
        ImplicitDetachWarning, match="no Value reached the result of <lambda>, so its derivative"
    ) as seen:
        assert TRANSFORMS[transform](LOST[name]) == 0.0
    assert [record.filename for record in seen] == [__file__]


def test_it_warns_once_a_line_and_only_if_nothing_reached_the_result() -> None:
    w = Value(3.0)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(3):
            sg.grad(lambda x: x.data**2)(2.0)
        assert len(seen) == 1
        sg.grad(lambda x: w * w)(2.0)
        sg.jacobian(lambda x: [1.0, x])(2.0)
        sg.jacobian(lambda x: [])(2.0)
        assert len(seen) == 1


@pytest.mark.parametrize("make", [iter, lambda k: (x for x in k), lambda k: map(int, k)])
def test_argnums_as_an_iterator(make: Any) -> None:
    for transform in (sg.grad, sg.jacobian, lambda f, k: lambda *a: sg.value_and_grad(f, k)(*a)[1]):
        function = transform(lambda x, y: x * y, make([0, 1]))
        assert function(2.0, 3.0) == (3.0, 2.0)
    function = sg.grad(lambda x, y: x * y, make([1, 0]))
    assert [function(2.0, 3.0) for _ in range(3)] == [(2.0, 3.0)] * 3


@pytest.mark.parametrize("grads", [[1.7e308] * 4, [-1.7e308, 1.7e308, 1.0, 0.0], [sys.float_info.max] * 100])
def test_clipping_a_norm_beyond_the_largest_double(grads: list[float]) -> None:
    parameters = [Value(1.0) for _ in grads]
    for p, g in zip(parameters, grads):
        p.grad = g
    assert optim.clip_grad_norm(parameters, 2.0) == math.inf
    clipped = [p.grad for p in parameters]
    assert math.isclose(math.hypot(*clipped), 2.0, rel_tol=1e-14)
    for g, c in zip(grads, clipped):
        assert math.isclose(g / grads[0], c / clipped[0], rel_tol=1e-14)
    parameters[0].grad = math.inf
    with pytest.raises(ArgumentError, match="a grad is nan or infinite"):
        optim.clip_grad_norm(parameters, 2.0)


@pytest.mark.skipif(sg.backend() == "python", reason="allocations of the C core")
def test_memory_errors_have_a_text() -> None:
    x = Value(2.0)
    uses: list[Callable[[], Any]] = [
        lambda: [x * x for _ in range(100)], lambda: Vector([1.0] * 100) * x, lambda: sg.sum([x] * 100),
        lambda: Matrix([[1.0] * 9] * 9) @ Vector([x] * 9), lambda: (x * x).backward(), lambda: core.block([x] * 50),
        lambda: pickle.dumps(x * x), lambda: Matrix([[x] * 9] * 9).max(1), lambda: setattr(x * x, "grad", 1.0),
    ]  # fmt: skip
    met = 0
    for use in uses:
        for n in range(8):
            core.lib.sg_fail_after(n)
            try:
                use()
            except MemoryError as error:
                core.lib.sg_fail_after(-1)
                assert "no memory" in str(error)
                met += 1
            finally:
                core.lib.sg_fail_after(-1)
    assert met > 2 * len(uses)


# --- saving


def test_a_long_name_of_wide_characters(tmp_path: Path) -> None:
    model, other = nn.MLP(2, [1]), nn.MLP(2, [1])
    for name in ("网" * 80, "é" * 120, "x" * 250):
        model.save(tmp_path / name)
        other.load(tmp_path / name)
        assert model.state_dict() == other.state_dict()
    assert len(os.listdir(tmp_path)) == 3


KILLED = """
import os, signal, sys
from scalargrad import nn
os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
nn.MLP(2, [1]).save(sys.argv[1])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL, and locks of files")
def test_a_killed_save_leaves_no_draft_for_good(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", KILLED, str(path)]).returncode == -signal.SIGKILL
        assert len(os.listdir(tmp_path)) == 1 and not path.exists()  # the second has removed the first one's draft
    nn.MLP(2, [1]).save(tmp_path / "another")
    assert len(os.listdir(tmp_path)) == 2  # that is the draft of another name
    nn.MLP(2, [1]).save(path)
    assert sorted(os.listdir(tmp_path)) == ["another", "model.json"]


# --- records

WRONG: list[Any] = [None, 1, 1.5, "x", [], (), b"x", {}, object(), [None], b"\xff" * 8, True, 2**70, -1, type]


@pytest.mark.parametrize("kind", ["leaf", "result", "leaves", "results", "matrix"])
def test_parts_of_pickles_of_a_wrong_type(kind: str) -> None:
    x = Value(2.0)
    thing = {"leaf": x, "result": x * x, "leaves": Vector([1.0, 2.0]), "results": Vector([1.0, 2.0]) * x,
             "matrix": Matrix([[1.0, 2.0]]) * x}[kind]  # fmt: skip
    make, parts = thing.__reduce_ex__(2)[:2]
    for k, part in enumerate(parts):
        for wrong in WRONG:
            damaged = [[*parts[:k], wrong, *parts[k + 1 :]]]
            if isinstance(part, (tuple, list)):
                damaged += [[*parts[:k], type(part)([*part[:j], wrong, *part[j + 1 :]]), *parts[k + 1 :]]
                            for j in range(len(part))]  # fmt: skip
            for each in damaged:
                with contextlib.suppress(ScalargradError):
                    make(*each)
