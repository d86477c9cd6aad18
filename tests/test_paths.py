"""The kernels for each width of register: each that the CPU has gives the same bits; SCALARGRAD_SIMD names one."""

from __future__ import annotations

import itertools
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import scalargrad as sg
from scalargrad import core
from scalargrad.arrays.arithmetic import elementwise
from scalargrad.table import ops
from tests.support.operands import all_bits
from tests.support.profiles import native_only
from tests.test_arrays_products import product_and_gradients
from tests.test_arrays_table import PIECEWISE, check
from tests.test_updates import ADAM, SGD, adam_is_its_formula, sgd_is_its_formula

NAMES = ["default", "avx2", "avx512f"]
PATHS = core.simd_paths()
NASTY = [0.0, -0.0, 1.0, -1.0, 0.3, -2.7, 5e-324, -1e-310, 1e-160, 1e160, -1.7e308, 45.0, -800.0,
         float("inf"), float("-inf"), float("nan")]  # fmt: skip


def imported(simd: str, backend: str) -> subprocess.CompletedProcess[str]:
    """What a new process says of its kernels."""
    code = "from scalargrad import core; print(core.simd(), *core.simd_paths())"
    environment = {**os.environ, "SCALARGRAD_SIMD": simd, "SCALARGRAD_BACKEND": backend}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


@native_only
def test_the_paths_are_those_of_the_cpu() -> None:
    """The kernel's own list of what the CPU has is the witness."""
    assert PATHS[0] == "default" and set(PATHS) <= set(NAMES)
    cpuinfo = Path("/proc/cpuinfo")
    gnu = platform.libc_ver()[0] == "glibc" and platform.machine() == "x86_64" and os.environ.get("CC") != "clang"
    has = cpuinfo.read_text().split("flags", 1)[1].split("\n", 1)[0].split() if gnu and cpuinfo.exists() else []
    assert [name for name in NAMES if name == "default" or name in has] == PATHS


@native_only
@pytest.mark.parametrize("name", NAMES)
def test_the_variable_takes_a_path(name: str) -> None:
    found = imported(name, "native")
    if name in PATHS:
        assert found.stdout.split() == [name, *PATHS]
    else:
        assert found.returncode == 1
        assert f"BackendError: SCALARGRAD_SIMD={name}, but this CPU or build does not have this path" in found.stderr
        assert f"set it to one of {', '.join(PATHS)}, or leave it unset" in found.stderr


@pytest.mark.parametrize("backend", ["native", "python"] if sg.backend() == "native" else ["python"])
@pytest.mark.parametrize("name", ["sse2", "AVX2"])
def test_an_unknown_path_is_refused(name: str, backend: str) -> None:
    found = imported(name, backend)
    assert found.returncode == 1
    assert f"BackendError: SCALARGRAD_SIMD={name!r} is not a SIMD path" in found.stderr
    assert "set it to one of default, avx2, avx512f, or leave it unset" in found.stderr


def test_without_the_variable_it_is_the_widest() -> None:
    assert imported("", sg.backend()).stdout.split() == ([PATHS[-1], *PATHS] if PATHS else [])


def test_pure_python_has_no_paths() -> None:
    assert imported("default", "python").stdout == "\n"


@native_only
def test_a_path_that_is_not_there_changes_nothing() -> None:
    before = core.simd()
    for name in (b"", b"avx", b"avx2 ", b"avx512", *(name.encode() for name in NAMES if name not in PATHS)):
        assert core.lib.sg_simd_take(name) == 0
        assert core.simd() == before
    assert core.lib.sg_simd_path(-1) == core.ffi.NULL == core.lib.sg_simd_path(len(NAMES))


# --- bits ------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=PATHS or ["default"])
def path(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each path in turn; then the one that was in use."""
    before = core.simd()
    assert core.lib.sg_simd_take(request.param.encode()) == 1
    assert core.simd() == request.param
    yield request.param
    core.lib.sg_simd_take(before.encode())
    assert core.simd() == before


@native_only
@pytest.mark.parametrize("row", ops.PRIMITIVES, ids=lambda row: row.name)
def test_a_primitive_has_the_bits_of_scalars(path: str, row: ops.Row) -> None:
    n = len(row.operands)
    check(row.name, ("matrix",) * n, 1, 37)
    check(row.name, ("transposed",) * n, 3, 5)
    if row.name in PIECEWISE:
        check(row.name, ("matrix",) * n, 1, 125, [0.0, -0.0, 1.0, -1.0, 0.5])


@native_only
@pytest.mark.parametrize("row", ops.PRIMITIVES, ids=lambda row: row.name)
def test_nasty_numbers_have_the_values_of_floats(path: str, row: ops.Row) -> None:
    together = list(zip(*itertools.product(NASTY, repeat=len(row.operands))))
    with sg.no_grad():
        y = elementwise(ops.OPCODE[row.name], *map(sg.Vector, together))
    wanted = [core.lib.sg_value(ops.OPCODE[row.name], *(*x, 0.0, 0.0)[:3]) for x in zip(*together)]
    assert all_bits(y.data) == all_bits(wanted)


@native_only
def test_products_have_the_bits_of_their_sums(path: str) -> None:
    for m, inner, n in itertools.product([1, 2, 3, 4, 5, 7, 8, 9, 17], [1, 3, 9, 16], [1, 4, 7, 8, 9, 17]):
        product_and_gradients(m, inner, n, (m + n) % 2 == 0)
    product_and_gradients(33, 33, 33, True)


@native_only
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 128, 131])
def test_optimisers_have_the_bits_of_their_formulas(path: str, count: int) -> None:
    for options in SGD:
        sgd_is_its_formula(count, *options)
    for options in ADAM:
        adam_is_its_formula(count, *options)
