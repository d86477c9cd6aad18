"""Depth, size and memory: long chains on a small stack, bytes a node and a handle, flat memory. Full size is slow."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.nn import MLP, Linear, ReLU, Sequential
from scalargrad.optim import SGD
from tests.support.profiles import full, native_only

NATIVE = sg.backend() == "native"
SANITIZED = os.environ.get("SCALARGRAD_SANITIZE") == "1"  # its allocator keeps freed memory, its frames are large
measures_memory = pytest.mark.skipif(SANITIZED or not os.path.exists("/proc/self/statm"), reason="needs plain memory")


def resident() -> int:
    """Bytes of resident memory."""
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def on_a_small_stack(function: Callable[[], Any]) -> Any:
    """Runs in a thread with a stack of 256 KiB."""
    result: list[Any] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            result.append(function())
        except BaseException as error:
            errors.append(error)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if errors:
        raise errors[0]
    return result[0]


def _long_chain(n: int) -> None:
    x = Value(1.0)
    y: Value = x
    for _ in range(n):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0
    twin, twin_x = copy.deepcopy((y, x))
    twin.backward()
    assert (twin_x.grad, x.grad) == (2.0, 1.0)
    del twin
    text = pickle.dumps(y)
    del y
    again = pickle.loads(text)
    again.backward()
    assert again.grad == 1.0
    repr(again), again._prev


SIZES = [100_000, pytest.param(full(10_000_000), marks=pytest.mark.slow)]


@pytest.mark.parametrize("n", SIZES)
def test_a_long_chain_on_a_small_stack(n: int) -> None:
    on_a_small_stack(lambda: _long_chain(n if NATIVE else n // 10))


@pytest.mark.parametrize("n", [20_000, pytest.param(full(1_000_000), marks=pytest.mark.slow)])
def test_many_uses_of_one_leaf(n: int) -> None:
    x = Value(0.5)
    y = x
    for _ in range(n - 1):
        y = y + x
    y.backward()
    assert (y.data, x.grad) == (0.5 * n, float(n))


def test_a_sum_over_many_leaves() -> None:
    leaves = [Value(1.0) for _ in range(100_000)]
    total = sg.sum(leaves)
    total.backward()
    assert total.data == 100_000.0 and all(leaf.grad == 1.0 for leaf in leaves)


@pytest.mark.parametrize("n", [3_000, pytest.param(full(100_000), marks=pytest.mark.slow)])
def test_many_losses_over_one_trunk(n: int) -> None:
    x = Value(1.0)
    trunk = x
    for _ in range(50_000):
        trunk = trunk * 1.0
    early = x * 2.0
    losses = [early * 0.5 for _ in range(n)]
    for (
        loss
    ) in losses:  # were each a sweep over the whole trunk, it would take minutes: in Python here, in C at full size
        loss.backward()
    assert x.grad == float(n)


@native_only
@measures_memory
def test_bytes_a_node_and_a_handle() -> None:
    n = 1_000_000
    _record_chain(n)  # warm up
    gc.collect()
    before = resident()
    x, y = _record_chain(n)
    y.backward()
    assert (resident() - before) / n <= 40
    del x, y
    kept: list[Any] = [None] * n
    gc.collect()
    before = resident()
    z = Value(1.0)
    for k in range(n):
        kept[k] = z = z * 1.0
    assert (resident() - before) / n <= 120
    del kept


def _record_chain(n: int) -> tuple[Value, Value]:
    x = Value(1.0)
    y = x
    for k in range(n // 2):
        y = y * 1.0 + x
    return x, y


@native_only
@measures_memory
def test_tiny_graphs() -> None:
    """Each graph with its Value and its leaf at most 1 KB."""
    n = 100_000

    def make() -> list[Value]:
        roots = []
        for _ in range(n):
            x = Value(2.0)
            y = x * x
            y.backward()
            roots.append(y)
        return roots

    gc.collect()
    before = resident()
    roots = make()
    assert (resident() - before) / n <= 1024
    assert core.lib.sg_graphs_alive() >= n
    del roots


def _flat(step: Callable[[], Any], warm_up: int, steps: int, allowance: int) -> None:
    for _ in range(warm_up):
        step()
    before = resident()
    for _ in range(steps):
        step()
    assert resident() - before <= allowance, (resident() - before, steps)


# A page now and then is the allocator's own; a leak of one tiny graph a step would be a hundred times the allowance.
ALLOWANCE = 512 * 1024


@measures_memory
@pytest.mark.parametrize("steps", [500, pytest.param(full(10_000), marks=pytest.mark.slow)])
def test_training_keeps_memory_flat(steps: int, no_gc: None) -> None:
    model = MLP(2, [4, 1])
    optimiser = SGD(model.parameters(), lr=0.01)

    def step() -> None:
        loss = (model([0.5, -0.25]) - 1.0) ** 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    _flat(step, 300, steps if NATIVE else steps // 5, ALLOWANCE)


@pytest.mark.slow_in_python
@measures_memory
@pytest.mark.parametrize("steps", [20_000, pytest.param(full(1_000_000), marks=pytest.mark.slow)])
def test_bound_results_keep_memory_flat(steps: int, no_gc: None) -> None:
    """Each result is bound until the next: roll-overs in the middle of an expression must not keep one another."""
    kept: list[Any] = [None]
    model = MLP(2, [8, 8, 1])

    def step() -> None:
        x = Value(0.5)
        kept[0] = x * x * x + 2 * x + sg.exp(x) - x / 3

    def network() -> None:
        kept[0] = model([0.25, -0.5])

    scale = 1 if NATIVE else 20
    _flat(step, 60_000 if NATIVE else 30_000, 20 * steps // scale, ALLOWANCE + 8_000_000 * (not NATIVE))
    _flat(network, 2_000 if NATIVE else 1_000, steps // 2 // scale, ALLOWANCE + 8_000_000 * (not NATIVE))
    if NATIVE:
        assert core.lib.sg_graphs_alive() < 20


@measures_memory
@pytest.mark.slow_in_python
def test_products_keep_memory_flat(no_gc: None) -> None:
    """Sizes that are packed for the kernels: a scratch of 17 kB for each of the three products of a step."""
    a, b = Matrix([[0.5] * 33] * 33), Matrix([[0.25] * 33] * 33)
    _flat(lambda: (a @ b).sum().backward(), 50, 500 if NATIVE else 5, ALLOWANCE)


@measures_memory
@pytest.mark.parametrize("steps", [20_000, pytest.param(full(1_000_000), marks=pytest.mark.slow)])
def test_inference_keeps_memory_flat(steps: int, no_gc: None) -> None:
    x, w = Value(0.5), Value(2.0)

    def plain() -> None:
        sg.tanh(x * w + 1.0)

    def quiet() -> None:
        with sg.no_grad():
            sg.tanh(x * w + 1.0)

    def detached() -> None:
        (x * w).detach() * 2.0

    for step in (plain, quiet, detached):
        _flat(step, 3_000, steps if NATIVE else steps // 20, ALLOWANCE)


@native_only
@measures_memory
def test_steps_of_training_map_no_pages(no_gc: None) -> None:
    """The kernel takes longer to map the pages of a graph than a sweep over them: 800 pages, and half of the step."""
    import resource

    model = Sequential(Linear(784, 64), ReLU(), Linear(64, 10))
    x, classes = sg.constant([[0.001 * k] * 784 for k in range(100)]), [k % 10 for k in range(100)]
    optimiser = SGD(model.parameters(), lr=0.01)

    def faults(steps: int) -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(steps):
            optimiser.zero_grad()
            sg.losses.cross_entropy(model(x), classes).backward()
            optimiser.step()
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults(5)
    assert faults(10) < 200


@native_only
@measures_memory
def test_memory_that_is_kept_for_reuse_is_bounded() -> None:
    """32 MB, whatever the sizes were: another gives way."""
    import ctypes

    sizes = [*range(10_000, 400_000, 10_000), *range(400_000, 10_000, -30_000)]
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)  # what the C library itself keeps
    gc.collect()
    give_back(0)
    before = resident()
    for n in sizes:
        row = Vector([0.5] * n)
        (row * row).sum().backward()
        del row
    gc.collect()
    give_back(0)
    assert resident() - before < 48 << 20
