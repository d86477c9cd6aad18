"""A pytest plugin: the tests with every kernel on an emulated CPU that has AVX-512, on any x86-64 Linux.

    pip install bochscpu-python
    LD_BIND_NOW=1 SCALARGRAD_SIMD=default python -m pytest -p tests.support.emulated tests/test_{arrays,updates}*.py

The table of the path `default` is overwritten by functions that hand each call to Bochs, whose memory is this process's
own, page by page at the same addresses: the machine code of `kernels_avx512f` runs there as it stands in the library,
with the C library's functions that it calls. Results are compared by the tests as ever.
"""

from __future__ import annotations

import ctypes
import importlib
import mmap
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGE = 4096
# Where the C library is older than the package was built for (2.38), these are all that it lacks.
_NEWER = """
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
unsigned long long __isoc23_strtoull(const char *s, char **end, int base) { return strtoull(s, end, base); }
int __isoc23_sscanf(const char *s, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int read = vsscanf(s, format, list);
    va_end(list);
    return read;
}
"""


def _bochs() -> Any:
    try:
        import bochscpu
    except ImportError as error:
        if "__isoc23" not in str(error):
            raise
        with tempfile.TemporaryDirectory() as folder:
            source, library = Path(folder, "newer.c"), Path(folder, "newer.so")
            source.write_text(_NEWER)
            subprocess.run(["cc", "-shared", "-fPIC", source, "-o", library], check=True)
            ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
        import bochscpu
    return bochscpu


class Machine:
    """A CPU in long mode. It can only access pages that were announced, through its own page tables."""

    def __init__(self) -> None:
        self.bochs = _bochs()
        self.memory = importlib.import_module("bochscpu.memory")
        self.physical = 0x10000000  # the next free page
        self.known: set[int] = set()
        self.tables: dict[tuple[int, int], tuple[int, int]] = {}
        self.root = self.table()
        self.stack, self.end = (mmap.mmap(-1, 16 * PAGE) for _ in range(2))
        self.end[:] = b"\xf4" * len(self.end)  # hlt: to which a function returns
        self.top, self.back = (ctypes.addressof(ctypes.c_char.from_buffer(m)) for m in (self.stack, self.end))
        self.touch(self.top, 16 * PAGE)
        self.touch(self.back, PAGE)
        self.top += 15 * PAGE
        for line in Path("/proc/self/maps").read_text().splitlines():
            first, last = (int(x, 16) for x in line.split()[0].split("-"))
            if "r" in line.split()[1] and any(name in line for name in ("/_core.", "/libm.so", "/libc.so")):
                self.touch(first, last - first)
        base = ctypes.c_ulong()
        ctypes.CDLL(None).arch_prctl(0x1003, ctypes.byref(base))  # ARCH_GET_FS: of errno
        self.thread = base.value
        self.touch(self.thread - 2 * PAGE, 4 * PAGE)
        self.lock = threading.Lock()
        self.calls = 0

    def page(self, at: int) -> int:
        self.physical += PAGE
        self.memory.page_insert(self.physical, at)
        return self.physical

    def table(self) -> tuple[int, int]:
        """A page table: its physical address, and its address in this process."""
        at = self.memory.allocate_host_page()
        ctypes.memset(at, 0, PAGE)
        return self.page(at), at

    def touch(self, at: int, size: int) -> None:
        """Lets the machine access these bytes."""
        for page in range(at & -PAGE, at + size, PAGE):
            if page in self.known:
                continue
            self.known.add(page)
            table = self.root
            for shift in (39, 30, 21):
                place = page >> shift & 511
                if (table[0], place) not in self.tables:
                    made = self.tables[table[0], place] = self.table()
                    ctypes.c_uint64.from_address(table[1] + 8 * place).value = made[0] | 7
                table = self.tables[table[0], place]
            ctypes.c_uint64.from_address(table[1] + 8 * (page >> 12 & 511)).value = self.page(page) | 7

    def segment(self, attributes: int, base: int = 0) -> Any:
        made = self.bochs.Segment()
        made.present, made.selector, made.base, made.limit, made.attr = True, 8, base, 0xFFFFFFFF, attributes
        return made

    def call(self, function: int, integers: list[int], stack: bytes = b"") -> None:
        """Calls a function of the System V ABI."""
        with self.lock:
            session, state, hook = self.bochs.Session(), self.bochs.State(), self.bochs.Hook()
            state.cr0, state.cr3, state.cr4, state.efer = 0x80050033, self.root[0], 0x406A0, 0x501
            state.xcr0, state.mxcsr, state.mxcsr_mask = 0xE7, 0x1F80, 0xFFFF  # x87, SSE, AVX, AVX-512
            state.fpcw, state.fptw, state.rflags = 0x37F, 0xFFFF, 2
            data = self.segment(0xC093)
            state.ds, state.es, state.ss, state.gs, state.cs = data, data, data, data, self.segment(0x209B)
            state.fs = self.segment(0xC093, self.thread)
            top = (self.top - len(stack)) & -64
            ctypes.memmove(top, stack, len(stack))
            ctypes.c_uint64.from_address(top - 8).value = self.back
            state.rsp, state.rip = top - 8, function
            for name, value in zip(("rdi", "rsi", "rdx", "rcx", "r8", "r9"), integers):
                setattr(state, name, value & (1 << 64) - 1)
            session.cpu.state = state
            session.missing_page_handler = lambda address: self.fail(f"no page at {address:#x}")
            hook.exception = lambda _, cpu, vector, code: self.fail(
                f"exception {vector} at {session.cpu.state.rip:#x}, address {session.cpu.state.cr2:#x}"
            )
            hook.hlt = lambda *_: session.stop()
            session.run([hook])
            self.calls += 1

    @staticmethod
    def fail(what: str) -> None:
        """Ends the process, because no exception can pass through the emulator."""
        os.write(2, f"the emulated CPU: {what}\n".encode())
        os._exit(70)


Pointer = ctypes.c_void_p
U32, Step = ctypes.c_uint32, ctypes.c_ssize_t


class Sgd(ctypes.Structure):
    _fields_ = (*((name, ctypes.c_double) for name in ("lr", "momentum", "dampening", "weight_decay")),
                ("nesterov", ctypes.c_int), ("first", ctypes.c_int))  # fmt: skip


class Adam(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_double) for name in ("rate", "beta1", "beta2", "eps", "decay", "shrink", "root"))


def emulate(machine: Machine, symbols: dict[str, int]) -> list[Any]:
    """The functions of a path, in the order of `sg_kernels`."""

    def reach(n: int, *pointers: int | None) -> list[int]:
        for at in pointers:
            if at:
                machine.touch(at, 8 * n)
        return [at or 0 for at in pointers]

    def function(name: str, *types: Any) -> Callable[[Callable[..., None]], Any]:
        return lambda body: ctypes.CFUNCTYPE(None, *types)(lambda *x: body(symbols[f"{name}_avx512f"], *x))

    @function("value", ctypes.c_int, U32, *[Pointer] * 4)
    def value(at: int, op: int, n: int, *pointers: int | None) -> None:
        machine.call(at, [op, n, *reach(n, *pointers)])

    @function("pull", ctypes.c_int, ctypes.c_int, U32, *[Pointer] * 6)
    def pull(at: int, op: int, k: int, n: int, *pointers: int | None) -> None:
        found = reach(n, *pointers)
        machine.call(at, [op, k, n, *found[:3]], b"".join(p.to_bytes(8, "little") for p in found[3:]))

    @function("add", U32, Pointer, Pointer)
    def add(at: int, n: int, *pointers: int | None) -> None:
        machine.call(at, [n, *reach(n, *pointers)])

    @function("product", U32, U32, U32, Pointer, Step, Step, Pointer, Step, Pointer, Step)
    def product(at: int, rows: int, width: int, inner: int, a: int, a_row: int, a_step: int, b: int, b_step: int,
                c: int, c_row: int) -> None:  # fmt: skip
        for start, lines, row, count, step in ((a, rows, a_row, inner, a_step), (b, inner, b_step, width, 1),
                                               (c, rows, c_row, width, 1)):  # fmt: skip
            for r in range(lines):
                ends = sorted((start + 8 * r * row, start + 8 * (r * row + (count - 1) * step)))
                machine.touch(ends[0], ends[1] - ends[0] + 8)
        rest = b"".join(x.to_bytes(8, "little", signed=x < 0) for x in (b, b_step, c, c_row))
        machine.call(at, [rows, width, inner, a, a_row, a_step], rest)

    @function("sgd", Sgd, U32, *[Pointer] * 3)
    def sgd(at: int, options: Sgd, n: int, *pointers: int | None) -> None:
        machine.call(at, [n, *reach(n, *pointers)], bytes(options))

    @function("adam", Adam, U32, *[Pointer] * 4)
    def adam(at: int, options: Adam, n: int, *pointers: int | None) -> None:
        machine.call(at, [n, *reach(n, *pointers)], bytes(options))

    return [value, pull, add, product, sgd, adam]


def _symbols(library: str) -> dict[str, int]:
    maps = Path("/proc/self/maps").read_text().splitlines()
    base = next(int(line.split("-")[0], 16) for line in maps if line.endswith(library))
    listed = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[2]: base + int(line.split()[0], 16) for line in listed if len(line.split()) == 3}


_kept: list[Any] = []


def pytest_configure(config: Any) -> None:
    from scalargrad import core

    assert core.simd() == "default", "run this with SCALARGRAD_SIMD=default"
    symbols = _symbols(core._core.__file__)
    machine = Machine()
    functions = emulate(machine, symbols)
    table = symbols["kernels_default"]
    protect = ctypes.CDLL(None).mprotect
    assert protect(ctypes.c_void_p(table & -PAGE), 2 * PAGE, mmap.PROT_READ | mmap.PROT_WRITE) == 0
    for k, body in enumerate(functions):
        ctypes.c_void_p.from_address(table + 8 * k).value = ctypes.cast(body, ctypes.c_void_p).value
    _kept.extend([machine, functions])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    calls = _kept[0].calls
    terminalreporter.write_line(f"{calls} calls of kernels on an emulated CPU with AVX-512")
    assert calls, "no kernel ran on the emulated CPU"
