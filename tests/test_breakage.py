"""What once went wrong on odd input: silent wrong numbers, half-done changes, errors from elsewhere."""

import os
import pathlib
import signal
import subprocess
import sys
import time
from array import array
from collections import Counter

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, losses, nn, optim
from scalargrad.errors import ArgumentError, NumberError, RangeError, ShapeError, StateError


def test_masked_elements_are_refused():
    numpy = pytest.importorskip("numpy")
    masked = numpy.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])
    for use in (Vector, lambda x: Vector([1.0] * 3) + x, sg.grad(lambda x: x.sum())):
        with pytest.raises(NumberError, match="masked"):
            use(masked)
    assert Vector(numpy.ma.array([1.0, 2.0])).data.tolist() == [1.0, 2.0]


def test_a_longdouble_that_is_too_large_is_refused():
    numpy = pytest.importorskip("numpy")
    huge = numpy.array([numpy.longdouble("1e400")])
    if numpy.isinf(huge).any():
        pytest.skip("longdouble is a double here")
    for use in (Vector, sg.grad(lambda x: x.sum())):
        with pytest.raises(RangeError):
            use(huge)
    assert Vector(numpy.array([numpy.inf, 1.5], "g")).data.tolist() == [float("inf"), 1.5]


def test_odd_data_raise_our_errors():
    numpy = pytest.importorskip("numpy")
    itself: list = []
    itself.append(itself)
    with pytest.raises(ShapeError, match="nested"):
        Vector(itself)
    with pytest.raises(NumberError):
        Vector([1.0]) + numpy.array(["2020"], "M8[D]")
    with pytest.raises(NumberError, match="format"):
        Vector(array("w" if sys.version_info >= (3, 13) else "u", "ab"))
    with pytest.raises(NumberError):
        Vector([numpy.ma.masked, 1.0])
    with pytest.raises(ShapeError):
        sg.matmul(1, 2)
    assert Vector([numpy.array(1.0), 2.0]).data == [1.0, 2.0]


@pytest.mark.parametrize("library", ["torch", "jax.numpy"])
def test_arrays_of_other_libraries(library):
    other = pytest.importorskip(library)
    x = other.asarray([1.0, 2.0])
    assert Vector(x).data.tolist() == [1.0, 2.0]
    assert (Vector([1.0, 1.0]) + x).data.tolist() == [2.0, 3.0]
    assert nn.Linear(2, 3)(x.reshape(1, 2)).shape == (1, 3)


def test_a_counter_as_container():
    assert sg.grad(lambda c: c["a"] * c["b"])(Counter(a=2, b=3)) == {"a": 3.0, "b": 2.0}


def test_saving_spares_what_is_no_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="regular"):
        nn.Neuron(1).save(pipe)
    with pytest.raises(OSError, match="regular"):
        nn.Neuron(1).save(tmp_path)
    assert pipe.is_fifo() and os.listdir(tmp_path) == ["pipe"]


def test_momentum_off_and_on_keeps_the_velocity():
    w = Value(1.0)
    optimiser = optim.SGD([w], lr=1.0, momentum=0.5)
    for momentum, after in [(0.5, 0.0), (0.0, -1.0), (0.5, -2.5)]:  # velocities 1, as it was, 1.5
        optimiser.momentum, w.grad = momentum, 1.0
        optimiser.step()
        assert w.data == after


@pytest.mark.parametrize(
    "change", [{"mean_square": [-1.0]}, {"steps": 10**400}, {"steps": 1.5}, {"steps": "3"}, {"steps": 2**53}]
)
def test_a_damaged_state_of_adam(change):
    w = Value(1.0)
    optimiser = optim.Adam([w])
    optimiser.step()
    before = optimiser.state_dict()
    with pytest.raises(StateError):
        optimiser.load_state_dict({**before, **change})
    assert optimiser.state_dict() == before


def test_parameters_of_an_optimiser_stay():
    optimiser = optim.SGD([Value(1.0)], lr=0.1)
    with pytest.raises(AttributeError):
        optimiser.parameters = (Value(2.0),)


@pytest.mark.skipif(sg.backend() != "native", reason="the pure-Python step goes number by number")
def test_ctrl_c_in_a_step_leaves_no_half():
    def interrupt(*_):
        raise KeyboardInterrupt

    w = Vector([1.0] * 200_000)
    optimiser = optim.Adam(w, lr=0.1)
    w.grad = [1.0] * 200_000
    optimiser.step()
    start = time.perf_counter()
    optimiser.step()
    duration = time.perf_counter() - start
    before, changed = signal.signal(signal.SIGALRM, interrupt), []
    try:
        while len(changed) < 40 or (len(set(changed)) < 2 and len(changed) < 600):
            first, steps = w[0].data, optimiser._steps
            with pytest.raises(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 1e-6 + duration * (len(changed) % 40) / 20)
                optimiser.step()
                for _ in range(3000):  # in short sleeps: one that another thread was sent the signal for would go on
                    time.sleep(0.01)
            changed.append(w[0].data != first)
            assert changed[-1] == (optimiser._steps == steps + 1)
            assert changed[-1] or optimiser._steps == steps
            assert w[0].data == w[-1].data
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert set(changed) == {True, False}


def test_the_command_line_on_an_ascii_terminal():
    root = pathlib.Path(sg.__file__).parent.parent
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(root)}
    found = subprocess.run(
        [sys.executable, "-m", "scalargrad", "formulas", "C7"], env=environment, capture_output=True, timeout=60
    )
    assert found.returncode == 0 and b"holds" in found.stdout


def test_sizes_of_a_neuron():
    for arguments in [(-1,), (1.5,), (2, True, "relu", "xavier_uniform", -2)]:
        with pytest.raises(ValueError, match="must be an int"):
            nn.Neuron(*arguments)


def test_a_matrix_from_an_array_of_arrays_of_no_dimension():
    numpy = pytest.importorskip("numpy")
    assert Matrix([[numpy.array(1.0)], [2.0]]).shape == (2, 1)


def test_a_masked_array_with_nothing_masked_keeps_the_gradient():
    numpy = pytest.importorskip("numpy")
    x = Value(2.0)
    found = x * numpy.ma.array([1.0, 3.0])
    assert found.dtype == object and isinstance(found[1], Value)
    found[1].backward()
    assert x.grad == 3.0


@pytest.mark.parametrize("size", [10**400, 2**31, [1, 2], int, 1.0, True, None, "3", Value(3.0)])
def test_a_size_that_no_layer_can_have_is_refused_at_once(size):
    for make in (nn.Neuron, lambda n: nn.Layer(n, 1), lambda n: nn.Layer(1, n), lambda n: nn.MLP(2, [n]),
                 lambda n: nn.Linear(n, 1), lambda n: nn.Linear(1, n)):  # fmt: skip
        with pytest.raises(ArgumentError, match="must be an int, at "):
            make(size)


def test_several_numbers_are_no_size_and_no_class():
    numpy = pytest.importorskip("numpy")
    with pytest.raises(ArgumentError, match="must be an int, at "):
        nn.Linear(numpy.array([1, 2]), 1)
    assert nn.Linear(numpy.array(2), numpy.int8(1)).weight.shape == (1, 2)
    for label in (int, numpy.array([1, 0])):
        with pytest.raises(ArgumentError, match="a class must be an int"):
            losses.cross_entropy([[1.0, 2.0]], [label])
