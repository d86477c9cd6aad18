"""A newcomer's slips: each is refused, or works, and the message names what to write."""

from __future__ import annotations

import importlib
import math
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Mask, Matrix, Value, Vector, errors, losses, names, nn, optim

X, M = Vector([0.5, 0.25]), Matrix([[1.0, 2.0], [3.0, 4.0]])


def leaves() -> list[Value]:
    return [Value(1.0), Value(2.0), Value(3.0)]


def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


def path(folder: Path) -> str:
    return str(folder / "run.json")


# --- what has no order

TAKE_PARAMETERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: optim.SGD(p, lr=0.1), "Adam": optim.Adam, "AdamW": optim.AdamW, "l2": losses.l2,
    "clip_grad_norm": lambda p: optim.clip_grad_norm(p, 1.0), "stack": lambda p: sg.stack(p),
    "clip_grad_value": lambda p: optim.clip_grad_value(p, 1.0), "concat": lambda p: sg.concat(p),
}  # fmt: skip


@pytest.mark.parametrize("place", TAKE_PARAMETERS)
@pytest.mark.parametrize("kind", [set, frozenset])
def test_where_the_order_of_parameters_counts_a_set_is_refused(place: str, kind: Any) -> None:
    with pytest.raises(errors.ArgumentError, match=rf"{place} got a {kind.__name__}, which has no order: pass a list"):
        TAKE_PARAMETERS[place](kind(leaves()))


@pytest.mark.parametrize("make", [list, tuple, iter, lambda p: OrderedDict.fromkeys(p).keys(),
                                  lambda p: dict(enumerate(p)).values()])  # fmt: skip
def test_what_has_an_order_is_taken_in_it(make: Any) -> None:
    p = leaves()
    assert optim.SGD(make(p), lr=0.1).parameters == tuple(p)
    assert losses.l2(make(p)).data == 14.0


# --- where


BOOLS: list[Any] = [X > 0.3, np.array([True, False]), [True, False], (True, False)]


@pytest.mark.parametrize("bools", BOOLS, ids=["Mask", "numpy", "list", "tuple"])
def test_the_condition_of_the_method_where_is_not_its_first_argument(bools: Any) -> None:
    for x in (X, Value(1.0), M):
        with pytest.raises(errors.ArgumentError, match=re.escape("write sg.where(mask, x, other)")):
            x.where(bools, 0.0)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.booleans()), min_size=1, max_size=9))
def test_the_method_where_chooses_by_self(rows: list[tuple[float, float, bool]]) -> None:
    x, y, flags = (list(column) for column in zip(*rows))
    wanted = [a if flag else b for a, b, flag in rows]
    assert Mask(flags).where(Vector(x), Vector(y)).data == wanted
    assert Mask(flags).where(Mask(flags), Mask(flags)).data == [float(flag) for flag in flags]  # masks as numbers
    assert [Value(float(f)).where(a, b) for a, b, f in rows] == wanted


# --- numpy's functions


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod"])
def test_numpys_reductions_are_those_of_arrays(name: str) -> None:
    for x in (X, M):
        for keywords in ({}, {"axis": None}, {"axis": 0}, {"axis": -1}, {"axis": 0, "dtype": None, "out": None},
                         {"axis": 0, "dtype": float}):  # fmt: skip
            found, wanted = (
                getattr(np, name)(x, **_known(name, keywords)),
                getattr(sg, name)(x, axis=keywords.get("axis")),
            )
            assert type(found) is type(wanted) and np.array_equal(found.data, wanted.data)
        for keyword, thing, advice in (("dtype", np.float32, "numbers are C doubles"), ("out", M, f"sg.{name} takes")):
            with pytest.raises(errors.KeywordError, match=rf"argument '{keyword}': {advice}"):
                getattr(x, name)(**{keyword: thing})
    v = Vector([1.0, 2.0, 4.0])
    np.prod(v).backward()
    assert v.grad == [8.0, 4.0, 2.0]


def _known(name: str, keywords: dict[str, Any]) -> dict[str, Any]:
    """np.max and np.min have no dtype."""
    return {k: x for k, x in keywords.items() if k != "dtype" or name not in ("max", "min")}


# --- PyTorch's names, and ours in another place


@pytest.mark.parametrize("module", ["scalargrad", "scalargrad.nn", "scalargrad.losses", "scalargrad.optim"])
def test_a_name_that_a_module_lacks(module: str) -> None:
    here = importlib.import_module(module)
    for name, instead in names.TORCH.items():
        if not hasattr(here, name):
            with pytest.raises(AttributeError) as caught:
                getattr(here, name)
            assert str(caught.value) == f"module {module!r} has no attribute {name!r}: here it is {instead}"
    for name, advice in names.TORCH_ALONE.items():
        with pytest.raises(errors.MissingNameError, match=re.escape(f"has no attribute {name!r}: {advice}")):
            getattr(here, name)
    for place in names._MODULES[1:]:
        for name in importlib.import_module(place).__all__:
            if not hasattr(here, name):
                first = "scalargrad" if hasattr(sg, name) else place
                with pytest.raises(errors.ScalargradError, match=rf": it is {first}\.{name}$"):
                    getattr(here, name)
    assert not hasattr(here, "no_such_name") and not hasattr(here, "__wrapped__")
    with pytest.raises(AttributeError, match=r"has no attribute 'zzzzzz': (it has|dir\()"):
        _ = here.zzzzzz


def test_the_table_of_names_is_true() -> None:
    """What the advice calls is here, and what it calls missing is missing."""
    places = {"losses": losses, "optim": optim, "nn": nn, "sg": sg}
    for instead in (*names.TORCH.values(), *names.TORCH_ALONE.values(), *names.KEYWORDS.values()):
        for place, name in re.findall(r"\b(losses|optim|nn|sg)\.(\w+)", instead):
            assert hasattr(places[place], name), instead
    for name in names.TORCH_ATTRIBUTES:
        assert not hasattr(nn.Module, name) and not hasattr(optim.Optimiser, name)


@pytest.mark.parametrize("make", [model, lambda: nn.MLP(1, [1]), lambda: optim.SGD(leaves(), 0.1)])
def test_an_attribute_of_pytorchs_modules_and_optimisers(make: Callable[[], Any]) -> None:
    thing = make()
    for name, instead in names.TORCH_ATTRIBUTES.items():
        with pytest.raises(AttributeError, match=re.escape(f"has no attribute {name!r}: {instead}")):
            getattr(thing, name)
    with pytest.raises(AttributeError, match=r"'\w+' object has no attribute 'foo'$"):
        _ = thing.foo


def test_a_name_of_numpys() -> None:
    """numpy's functions that are no functions of ours are methods of arrays, or numpy takes the arrays."""
    for name, instead in (
        ("std", "write x.std(...) or np.std(x, ...), of a Vector or Matrix"),
        ("diff", "write np.diff(x, ...), of a Vector or Matrix"),
        ("array", "here it is Value(x) for a number, Vector(x) or Matrix(x)"),
        ("full", "here it is Vector([number] * n), or numpy's array, which Vector(x) and Matrix(x)"),
        ("exq", "did you mean scalargrad.exp?"),
    ):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}': {re.escape(instead)}"):
            getattr(sg, name)


def test_an_absent_attribute_may_be_set_or_come_from_another_base() -> None:
    class Modes:
        def half(self) -> str:
            return "theirs"

        def __getattr__(self, name: str) -> str:
            return name

    class Net(nn.Module, Modes):
        pass

    net: Any = Net()
    net.apply = 5
    assert (net.half(), net.apply, net.cuda, Net.half(net)) == ("theirs", 5, "cuda", "theirs")


def test_an_error_in_a_property_is_its_own() -> None:
    class Net(nn.Module):
        @property
        def half(self) -> Any:
            return self.missing

    with pytest.raises(AttributeError, match="'missing'"):
        _ = Net().half
    assert str(pickle.loads(pickle.dumps(names.missing("scalargrad.nn", "MSELoss")))).endswith(
        "losses.mse(input, target)"
    )


# --- messages: what was got, what was wanted, what to write

BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "a model": (lambda: optim.SGD(model(), 0.1), "got Sequential: pass model.parameters()"),
    "modules": (lambda: optim.SGD([model()], 0.1), "got Sequential: pass model.parameters()"),
    "a matrix": (lambda: optim.SGD([M], 0.1), "got Matrix: pass x.elements()"),
    "named": (lambda: optim.SGD(model().named_parameters(), 0.1), "got tuple: pass model.parameters()"),
    "groups": (lambda: optim.SGD([{"lr": 1}], 0.1), "make an optimiser for each"),
    "a dict": (lambda: optim.SGD({"a": X[0]}, 0.1), "pass list(x.values())"),
    "lr": (lambda: optim.SGD(leaves(), lr="0.1"), "lr must be a number, got str '0.1': write float('0.1')"),
    "lr later": (lambda: setattr(optim.SGD(leaves(), lr=0.1), "lr", "x"), "lr must be a number, got str 'x'"),
    "momentum": (lambda: setattr(optim.SGD(leaves(), lr=0.1), "momentum", X), "momentum must be a number, got Vector"),
    "gamma": (lambda: optim.StepLR(optim.Adam(leaves()), 1, "x"), "gamma must be a number, got str 'x'"),
    "Value of text": (lambda: Value("3"), "got str '3': write float('3')"),
    "text beside": (lambda: X[0] + "ab", "got str 'ab': convert text with float(...); to put a Value into a text"),
    "a number's text": (lambda: X[0] + "1.5", "got str '1.5': write float('1.5')"),
    "text in a list": (lambda: Vector([1.0, "ab"]), "got str 'ab': encode text as numbers"),
    "text in a batch": (lambda: model()([["a", "b"]]), "got str 'a': encode text as numbers"),
    "numpy's text": (lambda: Vector(np.array(["a", "b"])), "dtype <U1, which is text: write x.astype(float)"),
    "text in objects": (lambda: Vector(np.array(["a", 1.0], object)), "got str 'a': encode text as numbers"),
    "no input": (lambda: model()(None), "a Linear layer takes a vector or a batch of vectors, got NoneType"),
    "no target": (lambda: losses.mse([1.0], None), "the target of a loss must be a number or an array, got NoneType"),
    "no logits": (lambda: losses.cross_entropy(None, [1]), "the input of a loss must be a number or an array, got"),
    "too wide": (lambda: model()([[1.0, 2.0, 3.0]]), "in layers[0] of the Sequential: this layer has weights of shape"),
    "which layer": (lambda: nn.Sequential(*model(), nn.Linear(2, 1))([[1.0, 2.0]]), "in layers[3] of the Sequential"),
    "numbers": (lambda: nn.Linear(3, 1)([1.0]), "so it takes 3 numbers per row; the input has shape (1,)"),
    "a column": (lambda: nn.Linear(1, 1)([1.0, 2.0]), "the input has shape (2,): write x[:, None]"),
    "a class": (lambda: nn.Sequential(nn.Linear(1, 1), nn.Tanh), "got the class Tanh: write Tanh()"),
    "layers": (lambda: nn.Sequential([nn.Tanh()]), "write Sequential(*layers)"),
    "a column of a loss": (lambda: losses.mse([[1.0], [2.0]], [1.0, 2.0]), "shapes (2, 1) and (2,): pass input[:, 0]"),
    "a weight": (lambda: setattr(nn.Linear(1, 1), "weight", [[1.0]]), "the weight of a Linear layer must be a Matrix"),
    "a bias": (lambda: setattr(nn.Linear(1, 1), "bias", M), "the bias of a Linear layer must be a Vector, got Matrix"),
    "optimizer": (lambda: sg.save("x", optimizer=1), "unexpected keyword argument 'optimizer': write optimiser="),
    "unnamed": (lambda: sg.save("x", model()), "save() takes its parts by name: write save(path, model=model)"),
    "unnamed load": (lambda: sg.load("x", model()), "load() takes its parts by name: write load(path, model=model)"),
    "unknown part": (lambda: sg.save("x", best=1.0), "extra={...}"),
    "float": (lambda: float(X), "a Vector of shape (2,) is not one number"),
    "int": (lambda: int(M), "a Matrix of shape (2, 2) is not one number"),
    "math": (lambda: math.exp(X), "sg.exp for math.exp"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_messages(name: str) -> None:
    call, message = BAD[name]
    with pytest.raises(errors.ScalargradError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("context", [sg.no_grad, sg.detect_anomaly])
def test_a_context_without_parentheses(context: Any) -> None:
    with pytest.raises(errors.ArgumentError, match=f"write `with {context.__name__}"), context:
        pass
    with context():
        pass


@pytest.mark.parametrize(("fwd", "bwd", "message"), [
    (lambda x: (x, None), lambda g: (g,), "bwd of f is called as bwd(residuals, cotangent), and it does not take 2"),
    (lambda: (1.0, None), lambda r, g: (g,), "fwd of f is called as fwd(argument), and it does not take 1 argument"),
])  # fmt: skip
def test_rules_with_other_arguments(fwd: Any, bwd: Any, message: str) -> None:
    def f(x: Any) -> Any:
        return x

    own: Any = sg.custom_vjp(f)
    own.defvjp(fwd, bwd)
    for x in (Value(1.0), X):
        with pytest.raises(errors.ArgumentError, match=re.escape(message)):
            own(x)


def test_a_type_error_in_a_rule_is_its_own() -> None:
    own: Any = sg.custom_vjp(abs)
    own.defvjp(lambda x: (x, None), lambda r, g: (g + "a",))
    with pytest.raises(TypeError, match="unsupported operand"):
        own(Value(1.0))


def test_an_anomaly_names_the_leaf_that_it_reached() -> None:
    x, y = Value(0.0, label="w0"), Value(0.0)
    with sg.detect_anomaly():
        with pytest.raises(errors.AnomalyError, match=r"it reached the gradient of the leaf 'w0'\. "):
            sg.sqrt(x).backward()
        with pytest.raises(errors.AnomalyError, match=r"it reached the gradient of a leaf\. "):
            sg.sqrt(y).backward()


# --- states


def test_a_file_of_a_whole_run_is_no_file_of_weights(tmp_path: Path) -> None:
    net = model()
    sg.save(path(tmp_path), model=net)
    with pytest.raises(errors.StateError, match=r"a whole run.*write scalargrad\.load\(path, model=model\)"):
        net.load(path(tmp_path))


def test_a_state_is_a_copy() -> None:
    net = model()
    best = net.state_dict()
    before = repr(best)
    for p in net.parameters():
        p.data += 1.0
    assert repr(best) == before != repr(net.state_dict())
    net.load_state_dict(best)
    assert repr(net.state_dict()) == before


# --- repr


def test_modules_and_schedulers_show_what_they_are() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.width, self.scale, self.shift = 3, Value(1.0), Vector([1.0, 2.0])
            self.layers = [nn.Linear(2, 3), nn.Tanh()]
            self._hidden = M

    net = Net()
    assert repr(net) == "Net(width=3, scale=Value, shift=Vector(2,), layers=[Linear(2, 3), Tanh()])"
    net.layers.append(net)  # type: ignore[arg-type]
    assert repr(net).endswith("layers=[Linear(2, 3), Tanh(), ...])")
    scheduler = optim.StepLR(optim.SGD(leaves(), lr=0.5), step_size=2)
    scheduler.step()
    assert repr(scheduler) == "StepLR(step_size=2, gamma=0.1, base_lr=0.5, last_epoch=1)"
