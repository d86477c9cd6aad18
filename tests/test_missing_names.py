"""Names of PyTorch on Values, and slips of the keyboard: the message has what to write, or no advice that misleads."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, errors, losses, names, nn, optim


@pytest.mark.parametrize("make", [lambda: Value(2.0), lambda: Value(2.0) * 3])
def test_an_attribute_or_keyword_of_pytorchs_tensors(make: Callable[[], Any]) -> None:
    for name, instead in names.TENSOR_ATTRIBUTES.items():
        for thing in (make(), Value):
            assert not hasattr(thing, name)
        with pytest.raises(
            errors.MissingNameError, match=re.escape(f"'Value' object has no attribute {name!r}: {instead}")
        ):
            getattr(make(), name)
    for name, instead in names.TENSOR_KEYWORDS.items():
        for function, call in (("Value()", lambda **kw: Value(2.0, **kw)), ("backward()", make().backward)):
            with pytest.raises(
                errors.KeywordError,
                match=re.escape(f"{function} got an unexpected keyword argument {name!r}: {instead}"),
            ):
                call(**{name: True})
    with pytest.raises(TypeError, match=r"argument 'sed'$"):
        make().backward(sed=1.0)
    leaf: Any = Value(1.0)
    leaf.clone = 5  # a leaf takes attributes
    assert leaf.clone == 5 == pickle.loads(pickle.dumps(leaf)).clone and not hasattr(make(), "clone")
    del leaf.clone
    assert not hasattr(leaf, "clone")


def test_only_a_close_name_is_suggested() -> None:
    for module, name in ((nn, "GroupNorm"), (sg, "lax"), (sg, "random"), (sg, "plot")):
        with pytest.raises(errors.MissingNameError) as caught:
            getattr(module, name)
        assert "did you mean" not in str(caught.value)
    for module, name, wanted in (
        (sg, "sofmax", "scalargrad.softmax"),
        (sg, "valeu", "scalargrad.Value"),
        (nn, "sequental", "scalargrad.nn.Sequential"),
        (losses, "cross_entrop", "scalargrad.losses.cross_entropy"),
        (optim, "adamm", "scalargrad.optim.Adam"),
    ):
        with pytest.raises(errors.MissingNameError, match=f"did you mean {wanted}\\?$"):
            getattr(module, name)
