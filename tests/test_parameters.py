"""`parameters()`: the same Values at every call, in lists that may be edited, at a cost that is not per parameter."""

from __future__ import annotations

import copy
import heapq
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from weakref import ref

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core, losses, nn, optim
from scalargrad.errors import ArgumentError, NumberError
from scalargrad.nn import saving
from tests.support.threads import run

EDITS: dict[str, Callable[[list[Any], Value], Any]] = {
    "append": lambda p, x: p.append(x),
    "extend": lambda p, x: p.extend([x, x]),
    "insert": lambda p, x: p.insert(0, x),
    "replace": lambda p, x: p.__setitem__(0, x),
    "replace a slice": lambda p, x: p.__setitem__(slice(0, 2), [x]),
    "delete": lambda p, x: p.__delitem__(0),
    "pop": lambda p, x: p.pop(),
    "remove": lambda p, x: p.remove(p[1]),
    "+=": lambda p, x: p.__iadd__([x]),
    "*=": lambda p, x: p.__imul__(2),
    "sort": lambda p, x: p.sort(key=lambda v: -v.data),
    "reverse": lambda p, x: p.reverse(),
}


PAST_ITS_METHODS: dict[str, Callable[[list[Any], Value], Any]] = {
    "list.append": lambda p, x: list.append(p, x),
    "list.reverse": lambda p, x: list.reverse(p),
    "heapreplace": lambda p, x: heapq.heapreplace(p, x),
}


def small() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))


def same(found: Any, wanted: Any) -> bool:
    return [*map(id, found)] == [*map(id, wanted)]


@pytest.mark.parametrize("make", [small, lambda: nn.MLP(3, [2, 1])])
@pytest.mark.parametrize("name", EDITS)
def test_an_edited_list_is_what_it_holds(name: str, make: Callable[[], Any]) -> None:
    model, x = make(), Value(7.0)
    before = model.parameters()
    edited, plain = model.parameters(), list(before)
    for p in [*before, x]:
        p.grad = 3.0
    EDITS[name](edited, x)
    EDITS[name](plain, x)
    assert same(edited, plain) and same(model.parameters(), before)
    once = list({id(p): p for p in plain}.values())
    assert same(optim.SGD(edited, lr=0.1).parameters, once)
    assert losses.l2(edited).data == losses.l2(plain).data
    optim.clip_grad_value(edited, 1.0)
    assert [p.grad for p in [*before, x]] == [1.0 if any(p is q for q in plain) else 3.0 for p in [*before, x]]


@pytest.mark.parametrize("make", [small, lambda: nn.MLP(3, [2, 1])])
@pytest.mark.parametrize("name", [*EDITS, *PAST_ITS_METHODS])
def test_an_edited_list_is_not_given_again(name: str, make: Callable[[], Any]) -> None:
    """A list that nobody has any more is: what others do with it must not show."""
    edits = {**EDITS, **PAST_ITS_METHODS}
    model, x = make(), Value(7.0)
    before = list(model.parameters())
    edits[name](model.parameters(), x)
    first, second = model.parameters(), model.parameters()
    assert same(first, before) and same(second, before) and first is not second
    first.clear()
    del first
    assert same(model.parameters(), before) and same(second, before)


def test_lists_in_threads_are_apart() -> None:
    model = small()
    before = list(model.parameters())

    def work() -> None:
        for k in range(300):
            found, own = model.parameters(), Value(float(k))
            found.append(own)
            assert same(found, [*before, own])
            del found
            assert same(model.parameters(), before)

    run([work, work, work])


def test_a_module_and_its_list_are_freed_by_counting_alone(no_gc: None) -> None:
    model = small()
    found, leaf = model.parameters(), ref(model.parameters()[0])
    wanted = losses.l2(found).data
    del model
    assert losses.l2(found).data == wanted and len(optim.SGD(found, lr=0.1).parameters) == len(found)
    assert leaf() is not None
    del found
    assert leaf() is None


def test_a_dropped_list_holds_nothing(no_gc: None) -> None:
    model, other = small(), small()
    both = model.parameters()
    both += other.parameters()
    leaf = ref(other.parameters()[0])
    del both, other
    assert leaf() is None


def test_lists_are_apart_though_a_debugger_looks_on() -> None:
    """A tracer that reads a frame's variables has references to them."""
    done = subprocess.run([sys.executable, "-c", TRACED], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


TRACED = """
import sys
def tracer(frame, event, argument):
    frame.f_locals
    return tracer
sys.settrace(tracer)
import scalargrad.nn.lists
sys.settrace(None)
from scalargrad import nn
model = nn.Linear(2, 1)
first, second = model.parameters(), model.parameters()
print(first is second)
"""


def test_the_list_is_a_list_in_copies_and_pickles() -> None:
    model = small()
    found = model.parameters()
    assert isinstance(found, list) and found == list(found) and repr(found) == repr(list(found))
    shallow, deep = copy.copy(found), copy.deepcopy(found)
    loaded = pickle.loads(pickle.dumps(found))
    assert type(shallow) is type(deep) is type(loaded) is list and same(shallow, found)
    assert [p.data for p in deep] == [p.data for p in loaded] == [p.data for p in found]
    assert not any(p is q for p in found for q in [*deep, *loaded])
    twin, both = copy.deepcopy(model), found + [Value(1.0)]
    assert type(both) is list and not any(p is q for p in found for q in twin.parameters())


class Holds(nn.Module):
    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)


def _parts(x: Value, y: Value) -> list[Any]:
    both = Vector([x, y])
    return [x, y, both, both[::-1], Vector([1.0, 2.0]), Matrix([[x, 5.0], [y, x]]), [x, 2.0, y], [x], (y,), [], x * y,
            both * 2.0, sg.Matrix([[0.0]])[:0], {"a": x, "b": both}, Vector([x, 4.0])]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 15)), max_size=8))
@example([("a", 2), ("a", 3), ("b", 2)])
def test_parameters_follow_every_change_of_a_module(changes: list[tuple[str, int]]) -> None:
    parts = _parts(Value(1.0), Value(2.0))
    model = Holds()
    for name, k in changes:
        if k == len(parts):
            vars(model).pop(name, None)
        else:
            setattr(model, name, parts[k])
        if isinstance(part := getattr(model, name, None), list) and part:
            part.append(Value(3.0))
        named = [p for _, p in model.named_parameters()]
        assert same(model.parameters(), named) and same(model.parameters(), {id(p): p for p in named}.values())
        assert all(core.key(p) is None for p in named)


@given(st.lists(st.integers(0, 6), max_size=9))
def test_leaves_are_found_once_and_stay_as_they_were(places: list[int]) -> None:
    x, y = Value(3.0), Value(4.0)
    z = x * 2.0
    kinds: list[Any] = [x, y, Vector([5.0])[0], z, 1.0, None, "a"]
    given = [kinds[k] for k in places]
    block, other = core.leaves(given)
    leaves = [k for k in places if k < 3]
    assert same(core.items(core.whole(block, 1, len(block))), [kinds[k] for k in dict.fromkeys(leaves)])
    assert other == next((k for k, place in enumerate(places) if place > 2), -1)
    w = z * x + y  # x is still known to the open graph
    w.backward()
    assert (x.grad, y.grad) == (12.0, 1.0)


def test_elements_are_listed_row_by_row() -> None:
    x = Matrix([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    y = x * 2.0
    assert same(x.T.elements(), [x[r, c] for c in range(3) for r in range(2)])
    assert [v.data for v in y[:, ::2].elements()] == [2.0, 6.0, 8.0, 12.0] and y[:0].elements() == []
    assert Vector([Value(1.0), 2.0]).elements() == [1.0, 2.0]


def test_what_is_no_parameter_is_named_in_any_list() -> None:
    x = Value(1.0)
    for wrong, error, text in (
        ([x, x, 1.0], NumberError, "got float"),
        ((x, x * 2), ArgumentError, "the result of"),
        ([x, Vector([1.0])], NumberError, "x.elements"),
        ([], ArgumentError, "no parameters"),
    ):
        with pytest.raises(error, match=text):
            optim.SGD(wrong, lr=0.1)
        with pytest.raises(error, match=text):
            optim.clip_grad_norm(wrong, 1.0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
@example([[], {}, [""], {"[1,\n2]": [0.1, "a, b"]}])
def test_saved_text_is_that_of_indented_json(plain: Any) -> None:
    assert saving._text(plain) == json.dumps(plain, indent=0, allow_nan=False)


def calls(function: Callable[[], Any]) -> int:
    """How many functions a call calls, in Python and in C."""
    count = 0

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.skipif(sg.backend() == "python", reason="the pure backend goes parameter by parameter")
def test_calls_do_not_grow_with_the_parameters() -> None:
    def counts(width: int) -> dict[str, int]:
        layers = nn.Sequential(nn.Linear(width, 8), nn.ReLU(), nn.Linear(8, 3))
        neurons = nn.MLP(width, [8, 3])
        found: dict[str, int] = {}
        for kind, model in (("layers", layers), ("neurons", neurons)):
            model.parameters()
            leaves = list(model.parameters())
            sgd = optim.SGD(leaves, lr=0.1, momentum=0.9)
            for name, function in {
                "parameters": model.parameters,
                "zero_grad": model.zero_grad,
                "l2": lambda model=model: losses.l2(model.parameters()),
                "clip": lambda model=model: optim.clip_grad_norm(model.parameters(), 0.5),
                "clip a list": lambda leaves=leaves: optim.clip_grad_norm(leaves, 0.5),
                "SGD": lambda model=model: optim.SGD(model.parameters(), lr=0.1),
                "SGD of a list": lambda leaves=leaves: optim.SGD(leaves, lr=0.1),
                "zero_grad of SGD": sgd.zero_grad,
                "step": sgd.step,
            }.items():
                found[f"{kind}: {name}"] = calls(function)
        return found

    assert counts(4) == counts(40)
