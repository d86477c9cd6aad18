"""What `sg.save` keeps beside the parts of a run: `extra`, and numbers of numpy; and how it names what it refuses."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, errors, nn, optim


def model() -> nn.Linear:
    return nn.Linear(2, 1)


def path(folder: Path) -> str:
    return str(folder / "run.json")


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda x: st.lists(x) |
                    st.dictionaries(st.text().filter(lambda k: k != "float"), x), max_leaves=8)  # fmt: skip


@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_extra_comes_back(extra: dict[str, Any]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file, net = folder + "/run.json", nn.Linear(1, 1)
        sg.save(file, model=net, extra=extra)
        assert repr(sg.load(file, model=net)) == repr(extra)
        sg.save(file, model=net)
        assert sg.load(file, model=net) == {}


KINDS = "a file holds numbers, texts, bools, None, lists and dicts"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({1: 2}, "extra must have texts as names, got int 1"),
        ({"a": {"b": {2: 0}}}, "extra['a']['b'] must have texts as names, got int 2"),
        ({"a": [0, (1, 2)]}, "extra['a'][1] is a tuple, which would come back as a list: write list(...)"),
        ({"a": Vector([0.5])}, KINDS + ": write x.data"),
        ({"a": [Value(1.0)]}, f"extra['a'][0] has the type Value, and {KINDS}: write x.data"),
        ({"a": {"b": np.arange(2)}}, f"extra['a']['b'] has the type ndarray, and {KINDS}: write x.tolist()"),
        ({"a": {1}}, f"extra['a'] has the type set, and {KINDS}"),
        ({"a": np.complex128(1)}, "extra['a'] has the type complex128"),
        ({"a": np.longdouble(0.5)}, KINDS + ": write float(x)"),
        ({"a": np.ma.masked}, "extra['a'] has the type MaskedConstant"),
        ([1], "extra must be a dict"), ("a", "extra must be a dict"),
        ({"a": {"float": "nan"}}, "extra['a'] is {'float': 'nan'}, which would come back as a float"),
    ],
)  # fmt: skip
def test_extra_that_would_not_come_back_is_refused(extra: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(errors.ArgumentError, match=re.escape(message)):
        sg.save(path(tmp_path), model=model(), extra=extra)
    assert not list(tmp_path.iterdir())


def test_numbers_of_numpy_come_back_as_pythons(tmp_path: Path) -> None:
    given = {
        "best": np.int64(3),
        "loss": np.float32(0.25),
        "worst": np.float64(-np.inf),
        "none": [np.float32(np.nan)],
        "done": np.bool_(False),
        "count": np.array(7),
        "rate": {"now": np.array(0.5)},
        "large": np.uint64(2**64 - 1),
    }
    sg.save(path(tmp_path), model=model(), extra=given)
    assert repr(sg.load(path(tmp_path), model=model())) == repr({
        "best": 3, "loss": 0.25, "worst": -math.inf, "none": [math.nan], "done": False, "count": 7,
        "rate": {"now": 0.5}, "large": 2**64 - 1})  # fmt: skip
    optimiser = optim.SGD([Value(1.0)], lr=0.5, nesterov=np.bool_(False))  # type: ignore[arg-type]
    optimiser.lr = np.float32(0.25)  # type: ignore[assignment]
    sg.save(path(tmp_path), optimiser=optimiser)
    optimiser.lr = 1.0
    sg.load(path(tmp_path), optimiser=optimiser)
    assert optimiser.lr == 0.25 and json.dumps(optimiser.state_dict())


def test_a_state_that_no_file_holds_is_named(tmp_path: Path) -> None:
    class Odd(nn.Module):
        def state_dict(self) -> Any:
            return {"layers": [{"seen": {1}}]}

    with pytest.raises(
        errors.ArgumentError, match=r"^the state of the model\['layers'\]\[0\]\['seen'\] has the type set, and"
    ):
        sg.save(path(tmp_path), model=Odd())
