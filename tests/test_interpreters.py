"""Which backend an import gets: in a second interpreter of the process, without the C core, and with a damaged one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SECOND = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import scalargrad as sg

def made():
    for options in ((), ("legacy",)):
        try:
            yield interpreters.create(*options)
        except TypeError:
            yield interpreters.create(isolated=False)

inside = f'''
import sys; sys.path[:] = {sys.path!r}
import scalargrad as sg
x = sg.Value(True); (x * x + sg.exp(x)).backward(); print(sg.backend(), round(x.grad, 3), flush=True)
'''
for one in made():
    try:
        failed = interpreters.run_string(one, inside)  # returns the error, or before 3.13 raises it
    except Exception as error:
        failed = error
    if failed is not None:
        print("cffi refused" if "module _cffi_backend does not support" in str(failed) else failed, flush=True)
    interpreters.destroy(one)
x = sg.Value(True); v = sg.Vector([1, 2]) * x
v.sum().backward(); print(sg.backend(), x.grad, sg.Value("1" == "1").data)
"""


def run(code: str, backend: str = "", *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SCALARGRAD_BACKEND": backend, "SCALARGRAD_SIMD": ""}
    return subprocess.run([sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True)


@pytest.mark.once
def test_a_second_interpreter_leaves_the_first_whole() -> None:
    found = run(SECOND)
    isolated, legacy, outside = found.stdout.splitlines()
    assert not found.stderr and legacy == "python 4.718"
    assert isolated == legacy or isolated == "cffi refused"  # from 3.12 on, until cffi can be loaded there
    assert outside.split()[1:] == ["3.0", "1.0"]


HIDDEN = """
import importlib.machinery as machinery, sys
find = machinery.PathFinder.find_spec
def hidden(name, *rest):
    if name != "scalargrad._core":
        return find(name, *rest)
    return machinery.ModuleSpec(name, None, origin=sys.argv[1]) if sys.argv[1:] else None
machinery.PathFinder.find_spec = staticmethod(hidden)
import scalargrad as sg; x = sg.Value(3.0); (x * x).backward(); print(sg.backend(), x.grad)
"""


@pytest.mark.once
@pytest.mark.parametrize("backend", ["", "python", "native"])
def test_without_the_c_core(backend: str) -> None:
    """As where no compiler was found."""
    found = run(HIDDEN, backend)
    if backend == "native":
        assert found.returncode == 1 and "SCALARGRAD_BACKEND=native, but the C core was not built" in found.stderr
    else:
        assert found.stdout.split() == ["python", "6.0"]


@pytest.mark.once
@pytest.mark.parametrize("backend", ["", "python", "native"])
def test_a_damaged_c_core_is_reported(tmp_path: Path, backend: str) -> None:
    (tmp_path / "_core.abi3.so").write_bytes(b"no library")
    found = run(HIDDEN, backend, str(tmp_path / "_core.abi3.so"))
    if backend == "python":
        assert found.stdout.split() == ["python", "6.0"]
    else:
        assert found.returncode == 1 and "BackendError: the C core, " in found.stderr
        assert "cannot be loaded" in found.stderr and "SCALARGRAD_BACKEND=python" in found.stderr
