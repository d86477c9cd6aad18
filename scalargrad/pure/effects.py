"""The pure-Python backend: changes of many leaves and graphs that are made in one step, or not at all."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from scalargrad.pure.tape import NEVER, Node, set_data_alone, set_entry, set_grad


def setting_data(leaves: Sequence[Node], numbers: Iterable[float]) -> Iterator[Any]:
    """Sets the data of leaves as it is run through, without running Python code; see `at_once`."""
    return itertools.chain(map(set_data_alone, leaves, numbers), map(set_entry, leaves, itertools.repeat(NEVER)))


def setting_grads(leaves: Sequence[Node], numbers: Iterable[float]) -> Iterator[Any]:
    """Sets the grads of leaves, likewise."""
    return map(set_grad, leaves, numbers)


def at_once(*effects: Iterable[Any]) -> None:
    """Runs through iterators written in C, in one call: neither a signal nor another thread comes between."""
    deque(itertools.chain(*effects), maxlen=0)
