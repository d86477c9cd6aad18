"""PyTorch's attributes and keywords on arrays, functions and layers: the message has the line to write, and it runs."""

from __future__ import annotations

import inspect
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, errors, names, nn, optim
from scalargrad.commands.expression import Expression, ExpressionError

V, M = Vector([1.0, -2.0]), Matrix([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


@pytest.mark.parametrize("x", [V, M, M > 1, V * 2], ids=["Vector", "Matrix", "Mask", "result"])
def test_an_attribute_that_arrays_lack(x: Any) -> None:
    for name, advice in names.ARRAY_ATTRIBUTES.items():
        text = f"{type(x).__name__!r} object has no attribute {name!r}: {advice}"
        with pytest.raises(errors.MissingNameError, match=f"^{re.escape(text)}$"):
            getattr(x, name)
        assert not hasattr(x, name) and not hasattr(type(x), name)
        for method in re.findall(r"\bx\.(\w+)", advice):
            assert inspect.getattr_static(x, method) is not None, advice
    assert not hasattr(x, "no_such_name")


RUN: dict[str, tuple[Callable[[], Any], Any]] = {
    "view": (lambda: M.reshape(2, 3), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    "unsqueeze": (lambda: V[None, :], [[1.0, -2.0]]),
    "masked_fill": (lambda: sg.where(V < 0, 9.0, V), [1.0, 9.0]),
    "clamp": (lambda: V.clip(-1.0, 0.5), [0.5, -1.0]),
    "zero_": (lambda: sg.zeros(V.shape), [0.0, 0.0]),
    "relu_": (lambda: V.relu(), [1.0, 0.0]),
    "descending": (lambda: Vector([float(k) for k in (-V).argsort()]), [0.0, 1.0]),
    "CELU": (lambda: 2.0 * sg.elu(V / 2.0), [1.0, 2.0 * math.expm1(-1.0)]),
    "GLU": (lambda: M[:, :1] * sg.sigmoid(M[:, 1:]), [[r / (1 + math.exp(-r - 1))] for r in (1.0, 3.0, 5.0)]),
    "Hardsigmoid": (lambda: sg.hardtanh(Vector([-4.0, 1.5]) / 3) / 2 + 0.5, [0.0, 0.75]),
    "ReLU6": (lambda: nn.Hardtanh(0.0, 6.0)(Vector([-1.0, 7.0])), [0.0, 6.0]),
    "Softmin": (lambda: nn.Softmax()(-Vector([3.0, 3.0])), [0.5, 0.5]),
    "trigamma": (lambda: Vector([sg.polygamma(1, Value(1.0))]), [math.pi**2 / 6]),
    "erfcinv": (lambda: sg.erfinv(1 - sg.erfc(Vector([0.25]))), [0.25]),
    "ndtr": (lambda: sg.erfc(-Vector([0.0]) / 2**0.5) / 2, [0.5]),
    "transpose": (lambda: M.transpose(0, 1), M.data),
}


@pytest.mark.parametrize("name", RUN)
def test_the_line_to_write_does_what_pytorchs_does(name: str) -> None:
    call, wanted = RUN[name]
    flat = [x for row in wanted for x in (row if isinstance(row, list) else [row])]
    found = call()
    assert found.shape == ((len(wanted), len(wanted[0])) if isinstance(wanted[0], list) else (len(wanted),))
    assert found.numbers().tolist() == pytest.approx(flat, rel=1e-14)


def test_the_slope_of_prelu_is_a_parameter() -> None:
    slope = Value(0.25)
    layer = nn.LeakyReLU(slope)
    assert layer.parameters() == [slope] and layer(V).data == [1.0, -0.5]
    layer(V).sum().backward()
    assert slope.grad == -2.0


# --- keywords

WITH_AXIS = ["sum", "mean", "max", "min", "prod", "norm", "logsumexp", "softmax", "log_softmax", "std", "var", "any",
             "all", "argmax", "argmin", "argsort", "cumsum", "cumprod", "squeeze"]  # fmt: skip


@pytest.mark.parametrize("name", WITH_AXIS)
def test_dim_is_axis(name: str) -> None:
    for x in (V, M, M > 1):
        for keyword, wanted in (("dim", "write axis="), ("keepdim", "write keepdims="), ("q", r"(sg|x)\.\w+ takes .*")):
            message = rf"^{name}\(\) got an unexpected keyword argument '{keyword}': {wanted}"
            with pytest.raises(errors.KeywordError, match=message):
                getattr(x, name)(**{keyword: 1})
    if function := getattr(sg, name, None):
        with pytest.raises(errors.KeywordError, match=r"'dim': write axis=$"):
            function(M, dim=1)


CALLS: dict[str, tuple[Callable[..., Any], str]] = {
    "Vector": (lambda: Vector([1.0], requires_grad=True), "Vector() got an unexpected keyword argument 'requires_grad'"
               ": every Value takes a gradient: leave it out"),  # type: ignore[arg-type]
    "Matrix": (lambda: Matrix([[1.0]], dtype=float), "'dtype': numbers are C doubles"),  # type: ignore[arg-type]
    "Vector's": (lambda: Vector([1.0], foo=1), "Vector() got an unexpected keyword argument 'foo'"),  # type: ignore[arg-type]
    "constant": (lambda: sg.constant([1.0], dtype=float), "'dtype': numbers are C doubles"),
    "concat": (lambda: sg.concat([M, M], dim=1), "concat() got an unexpected keyword argument 'dim': write axis="),
    "stack": (lambda: sg.stack([V, V], dim=1), "stack() got an unexpected keyword argument 'dim': write axis="),
    "zeros": (lambda: sg.zeros(2, 3), "zeros takes one shape, got 2 arguments: write sg.zeros((2, 3))"),
    "ones": (lambda: sg.ones(2, 3), "write sg.ones((2, 3))"),
    "std": (lambda: M.std(unbiased=True), "'unbiased': write ddof=1 for n - 1, ddof=0 (the default) for n"),
    "var": (lambda: M.var(correction=0), "'correction': write ddof=1"),
    "norm": (lambda: M.norm(p=1), "'p': it is the Euclidean norm; write abs(x).sum() for p=1"),
    "ReLU": (lambda: nn.ReLU(inplace=True), "ReLU() got an unexpected keyword argument 'inplace': nothing changes in"),
    "ELU": (lambda: nn.ELU("a"), "alpha must be a number, got str 'a'"),
    "LeakyReLU": (lambda: nn.LeakyReLU("a"), "slope must be a number, got str 'a'"),
    "LeakyReLU's": (lambda: nn.LeakyReLU(negative_slope="a"), "slope must be a number, got str 'a'"),
    "two slopes": (lambda: nn.LeakyReLU(0.01, negative_slope=0.2), "LeakyReLU got slope and negative_slope, which are"),
    "two axes": (lambda: nn.Softmax(-1, dim=-1), "Softmax got axis and dim, which are one setting: give one of them"),
    "LogSoftmax": (lambda: nn.LogSoftmax(0, dim=1), "LogSoftmax got axis and dim"),
    "LogSoftmax's": (lambda: nn.LogSoftmax(foo=1), "LogSoftmax() got an unexpected keyword argument 'foo'"),
    "its axis": (lambda: nn.LogSoftmax("a"), "the axis of a LogSoftmax must be an int, got 'a'"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str) -> None:
    call, message = CALLS[name]
    with pytest.raises(errors.ScalargradError, match=re.escape(message)):
        call()


OF_FUNCTIONS = [
    ("gelu", {"approximate": "tanh"}, "write sg.gelu_tanh(x)"),
    ("logit", {"eps": 1e-6}, "write sg.logit(sg.clip(x, eps, 1 - eps))"),
    ("leaky_relu", {"negative_slope": 0.2}, "write sg.leaky_relu(x, slope)"),
    ("softplus", {"beta": 2.0}, "write sg.softplus(beta * x) / beta"),
    ("clip", {"min": 0.0}, "write sg.clip(x, low, high)"),
    ("clip", {"max": 0.0}, "write sg.clip(x, low, high)"),
    ("clip", {"min": 0.0, "max": 1.0}, "write sg.clip(x, low, high)"),
]


@pytest.mark.parametrize(("name", "keywords", "message"), OF_FUNCTIONS)
def test_keywords_of_functions_on_the_command_line(name: str, keywords: dict[str, Any], message: str) -> None:
    text = f"{name}(x, {', '.join(f'{k}={x!r}' for k, x in keywords.items())})"
    with pytest.raises(ExpressionError, match=re.escape("without names: " + message.replace("sg.", ""))):
        Expression(text, ["x"])


def test_what_these_functions_take_is_the_same() -> None:
    for x in (0.5, Value(0.5)):
        assert float_of(sg.clip(x, 0.0, 0.25)) == float_of(sg.clip(x, lo=0.0, hi=0.25)) == 0.25
        assert float_of(sg.leaky_relu(-1.0, slope=0.5)) == -0.5 == float_of(Value(-1.0).leaky_relu(slope=0.5))
    for function in (sg.gelu, sg.clip, sg.leaky_relu):
        assert pickle.loads(pickle.dumps(function)) is function
    for wrong in ((), (1.0,), (1.0, 2.0)):
        with pytest.raises(ExpressionError, match=r"it is clip\(x, lo, hi\), got"):
            Expression(f"clip({', '.join(map(str, wrong))})", [])


def float_of(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


@pytest.mark.parametrize(("layer", "same", "text"), [
    (lambda: nn.LeakyReLU(negative_slope=0.2), lambda: nn.LeakyReLU(0.2), "LeakyReLU(0.2)"),
    (lambda: nn.LeakyReLU(), lambda: nn.LeakyReLU(slope=0.01), "LeakyReLU(0.01)"),
    (lambda: nn.Softmax(dim=0), lambda: nn.Softmax(0), "Softmax(axis=0)"),
    (lambda: nn.Softmax(), lambda: nn.Softmax(axis=-1), "Softmax(axis=-1)"),
    (lambda: nn.LogSoftmax(dim=0), lambda: nn.LogSoftmax(0), "LogSoftmax(axis=0)"),
])  # fmt: skip
def test_pytorchs_names_of_settings(layer: Any, same: Any, text: str) -> None:
    assert repr(layer()) == repr(same()) == text and layer()(M).data == same()(M).data
    assert vars(layer()) == vars(same())


# --- what dir lists


THINGS = [nn.Linear(1, 1), nn.GELU(), Value(1.0), Value(1.0) * 2, V, M, M > 1, optim.SGD([Value(1.0)], 0.1)]


@pytest.mark.parametrize("thing", THINGS, ids=lambda x: type(x).__name__)
def test_dir_lists_what_is_here(thing: Any) -> None:
    listed = dir(thing)
    everything = object.__dir__(thing)
    assert len(everything) > len(listed)
    hidden = set(everything) - set(listed)
    assert all(isinstance(inspect.getattr_static(type(thing), name), errors.Absent) for name in hidden)
    assert not [n for n in listed if isinstance(inspect.getattr_static(type(thing), n, None), errors.Absent)]


def test_dir_lists_an_attribute_that_was_set_or_inherited() -> None:
    class Modes:
        half = 1

    class Net(nn.Module, Modes):
        pass

    net: Any = Net()
    net.apply = 5
    assert {"half", "apply"} <= set(dir(net)) and "cuda" not in dir(net)
    leaf: Any = Value(1.0)
    leaf.clone = 5
    assert "clone" in dir(leaf) and "to" not in dir(leaf)


def test_no_name_of_a_function_is_suggested_for_a_class() -> None:
    for module, name in ((nn, "CELUs"), (nn, "ABS"), (optim, "ConstantLRs")):
        with pytest.raises(errors.MissingNameError) as caught:
            getattr(module, name)
        assert not re.search(r"did you mean scalargrad\.[a-z_]+\?", str(caught.value))
