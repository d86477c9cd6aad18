"""Chooses the backend. It is the only module that touches the C core.

SCALARGRAD_BACKEND is ``native`` (the C core; an error if it was not built), ``python`` (pure Python), or not set: then
the C core is used if it was built, except in a second interpreter of the process. Both backends supply the same names,
and the rest of the package uses only these.

SCALARGRAD_SIMD chooses the C core's kernels for one width of register: ``default``, ``avx2`` or ``avx512f``. If it is
not set, the widest that the CPU has are used. The results have the same bits.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from scalargrad.errors import BackendError

if TYPE_CHECKING:
    from array import array

    from scalargrad.record import Record

_SIMD = ("default", "avx2", "avx512f")
# What a context does. The bits of `mode`: record nothing; tell the upcall `recorded` of each operation; raise there for
# the first anomaly. The last two undo what outer contexts do.
NO_GRAD, WATCH, STRICT, RECORD, UNWATCHED = 1, 2, 4, 8, 16
# What a sweep checks: nothing; that each backward rule makes finite numbers; that the gradients of leaves are finite.
ANY, FINITE_RULES, FINITE_LEAVES = 0, 1, 2
Made = tuple[int, int, int, list[float], int]  # the key of a node, its opcode, first operands and number of operands


def _load_native(library: str) -> Any:
    """cffi's module, and the module with the type Value, which is in the same library and is loaded first."""
    from importlib.machinery import ExtensionFileLoader, ModuleSpec

    loader = ExtensionFileLoader("scalargrad._node", library)
    node = loader.create_module(ModuleSpec("scalargrad._node", loader, origin=library))
    loader.exec_module(node)
    import scalargrad._core as _core

    return _core, node


def _library() -> str | None:
    """The file of the C core; None if it was not built."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("scalargrad._core", [os.path.dirname(__file__)])
    return None if spec is None else spec.origin


def _error(message: str) -> BackendError:
    """An error of importing the package. Because of its name, ``python -m`` shows the message without a traceback."""
    return BackendError(message, name=__package__)


def _choose() -> tuple[Any, Any] | None:
    """The modules of the C core; None if the pure backend is asked for, or the C core was not built."""
    requested = os.environ.get("SCALARGRAD_BACKEND", "")
    if requested not in ("", "native", "python"):
        raise _error(
            f"SCALARGRAD_BACKEND={requested!r} is not a backend: set it to 'native' or 'python', or leave it unset"
        )
    if requested == "python":
        return None
    library = _library()
    if library is None:
        if requested == "native":
            raise _error(
                "SCALARGRAD_BACKEND=native, but the C core was not built: install a C compiler, then reinstall"
                " scalargrad with SCALARGRAD_REQUIRE_C=1 to see why the build fails"
            )
        return None
    try:
        return _load_native(library)  # type: ignore[no-any-return]
    except ImportError as error:
        if "interpreter" in str(error) and requested == "":  # ours, or Python's own for an isolated interpreter
            return None
        raise _error(
            f"the C core, {library}, cannot be loaded: {error}. Reinstall scalargrad, or set SCALARGRAD_BACKEND=python"
        ) from error


def _paths(lib: Any, ffi: Any) -> list[str]:
    found: list[str] = []
    for k in range(len(_SIMD)):
        if name := lib.sg_simd_path(k):
            found.append(ffi.string(name).decode())
    return found


def _load() -> tuple[str, Any, Any]:
    """The backend, and the two modules of the C core, with the kernels that SCALARGRAD_SIMD names."""
    simd = os.environ.get("SCALARGRAD_SIMD", "")
    if simd not in ("", *_SIMD):
        raise _error(
            f"SCALARGRAD_SIMD={simd!r} is not a SIMD path: set it to one of {', '.join(_SIMD)}, or leave it unset"
        )
    modules = _choose()
    if modules is None:
        return "python", None, None
    core, node = modules
    if simd and not core.lib.sg_simd_take(simd.encode()):
        raise _error(
            f"SCALARGRAD_SIMD={simd}, but this CPU or build does not have this path: set it to one of"
            f" {', '.join(_paths(core.lib, core.ffi))}, or leave it unset"
        )
    return "native", core, node


_backend, _core, _node = _load()


def backend() -> str:
    """The backend in use: ``"native"`` or ``"python"``.

    >>> backend() in ("native", "python")
    True
    """
    return _backend


def simd() -> str:
    """The name of the kernels in use, by their registers; ``""`` on the pure-Python backend.

    >>> simd() in ("default", "avx2", "avx512f", "")
    True
    """
    return "" if _backend == "python" else _core.ffi.string(_core.lib.sg_simd_taken()).decode()


def simd_paths() -> list[str]:
    """The kernels that this CPU can run, the widest last, as SCALARGRAD_SIMD names them; none in pure Python.

    >>> simd() in simd_paths() or backend() == "python"
    True
    """
    return [] if _backend == "python" else _paths(_core.lib, _core.ffi)


if TYPE_CHECKING or _backend == "python":
    from scalargrad.pure.attributes import label, set_label
    from scalargrad.pure.block import (
        Block,
        View,
        block,
        doubles,
        elementwise,
        grads,
        item,
        items,
        joint,
        leaves,
        new_leaves,
        numbers,
        plain_product,
        product,
        reduce_rows,
        reduce_rows_data,
        rows_at,
        set_leaves,
        take,
        whole,
    )
    from scalargrad.pure.contexts import Context
    from scalargrad.pure.history import flatten, rebuild
    from scalargrad.pure.operators import Node
    from scalargrad.pure.pieces import moment
    from scalargrad.pure.quick.operators import apply
    from scalargrad.pure.sweep import backward, gradients, partials
    from scalargrad.pure.tape import key, opcode, operand_values, operands, place, reduce, upcall
    from scalargrad.pure.thread import mode, watchers
    from scalargrad.pure.update import adam_step, clear_grads, limit_grads, scale_grads, sgd_step
else:
    ffi, lib = _core.ffi, _core.lib
    Node, apply, reduce = _node.Node, _node.apply, _node.reduce
    upcall = _node.upcall
    Context, mode, watchers = _node.Context, _node.mode, _node.watchers
    key, opcode, operands = _node.key, _node.opcode, _node.operands
    operand_values, label, set_label = _node.operand_values, _node.label, _node.set_label
    place = _node.place
    partials = _node.partials
    flatten, rebuild, moment = _node.flatten, _node.rebuild, _node.moment
    View, Block, block, doubles = _node.View, _node.Block, _node.block, _node.doubles
    item, take, rows_at, whole = _node.item, _node.take, _node.rows_at, _node.whole
    numbers, grads, set_leaves = _node.numbers, _node.grads, _node.set_leaves
    items, leaves, new_leaves = _node.items, _node.leaves, _node.new_leaves
    elementwise, product, plain_product = _node.elementwise, _node.product, _node.plain_product
    reduce_rows, reduce_rows_data, joint = _node.reduce_rows, _node.reduce_rows_data, _node.joint
    sgd_step, adam_step, clear_grads = _node.sgd_step, _node.adam_step, _node.clear_grads
    limit_grads, scale_grads = _node.limit_grads, _node.scale_grads

    _report = ffi.typeof("sg_report *")

    def _swept(root: Any, seed: float, check: int, since: int, finish: Any, *given: Any) -> Any:
        """Sweeps, and returns `finish(address of the report, *given)`, or what `check` found instead."""
        graph, index = _node.seal(root)
        report = ffi.new(_report)
        address = int(ffi.cast("uintptr_t", report))
        try:
            if not lib.sg_sweep(graph, index, seed, check == FINITE_RULES, since, report):
                raise MemoryError("no memory for the adjoints of this graph; nothing was changed")
            if report.graph:
                shown = list(report.operands[0 : min(report.count, 3)])
                return report.graph, report.index, report.opcode, shown, report.count
            if check == FINITE_LEAVES and not lib.sg_leaf_sums_finite(report):
                return False
            return finish(address, *given)
        finally:
            lib.sg_discard(report)

    def backward(root: Any, seed: float, check: int) -> Any:
        if key(root) is None:
            _node.add_grad(root, seed)
            return None
        return _swept(root, seed, check, 0, _node.commit)

    def gradients(root: Any, seed: float, check: bool, blocks: Any, since: int) -> Any:
        return _swept(root, seed, check, since, _node.found, blocks)


# --- pieces of graphs, and their derivatives --------------------------------------------------------------------------
# What the C core declines, or refuses, the definition in Python does, or raises.


def extract(roots: Sequence[Any], blocks: Sequence[Any], since: int) -> Record:
    """The piece between the leaves in some blocks and the roots, Values or floats. See pure/pieces.py."""
    from scalargrad.record import Record

    if _backend == "native":
        return Record(*_node.extract(list(roots), list(blocks), since))
    from scalargrad.pure import pieces

    return Record(*pieces.extract(roots, blocks, since))


def sketch(roots: Sequence[Any], blocks: Sequence[Any], since: int) -> tuple[bytes, bytes] | None:
    """What a piece is beside its numbers, and the numbers of its leaves; None, if it has no sketch."""
    return _node.sketch(list(roots), list(blocks), since) if _backend == "native" else None


def replay(record: Record, inputs: Sequence[Any]) -> list[Any]:
    """Records a piece again, with inputs in place of its leaves: Values with the same numbers, or floats."""
    if _backend == "python":
        from scalargrad.pure import pieces

        return pieces.replay(record, inputs)
    found = _node.replay(record, list(inputs))
    if found is None:
        _refuse(record)
    return found  # type: ignore[no-any-return]


def _refuse(record: Record) -> NoReturn:
    from scalargrad.errors import RecordError
    from scalargrad.record import validate

    validate(record, piece=True)
    raise RecordError("its leaves lack inputs")


def adjoint(record: Record, wanted: Sequence[int], seeds: Sequence[Sequence[float]]) -> Record:
    """The piece of the derivatives of the roots by the leaves wanted. See records/adjoint.py."""
    from scalargrad.record import Record

    found = _node.adjoint(record, list(wanted), [*map(list, seeds)]) if _backend == "native" else None
    if found is not None:
        return Record(*found)
    from scalargrad.records.adjoint import adjoint

    return adjoint(record, wanted, seeds)


def tangent(record: Record, directions: Sequence[Mapping[int, float]]) -> Record:
    """The piece of the derivatives of all roots in some directions. See records/tangent.py."""
    from scalargrad.record import Record

    found = _node.tangent(record, [*map(dict, directions)]) if _backend == "native" else None
    if found is not None:
        return Record(*found)
    from scalargrad.records.tangent import tangent

    return tangent(record, directions)


def hvps(record: Record, wanted: Sequence[int], seeds: Sequence[float], directions: Sequence[float]) -> array[float]:
    """How the derivatives by the leaves wanted change in some directions, as numbers. See records/curvature.py."""
    from array import array

    if _backend == "native":
        numbers = [array("d", given).tobytes() for given in (seeds, directions)]
        found = _node.hvps(record, list(wanted), *numbers)
        if found is not None:
            return array("d", found)
    from scalargrad.records.curvature import hvps

    return hvps(record, wanted, seeds, directions)


def program(record: Record, roots: Sequence[int]) -> tuple[Any, int] | None:
    """What `run` takes to compute some roots of a record, at any numbers of its leaves, and the bytes of memory that it
    takes; None, if there is none."""
    from array import array

    return _node.program(record, array("Q", roots).tobytes()) if _backend == "native" else None


def run(program: Any, numbers: bytes) -> array[float]:
    """The roots that a program is of, where the leaves have these numbers, as bytes. A zero has no sign."""
    from array import array

    return array("d", _node.run(program, numbers))


__all__ = ["ANY", "FINITE_LEAVES", "FINITE_RULES", "NO_GRAD", "RECORD", "STRICT", "UNWATCHED", "WATCH", "Block",
           "Context", "Made", "Node", "View", "adam_step", "adjoint", "apply", "backend", "backward", "block",
           "clear_grads", "doubles", "elementwise", "extract", "flatten", "gradients", "grads", "hvps", "item",
           "items", "joint", "key", "label", "leaves", "limit_grads", "mode", "moment", "new_leaves", "numbers",
           "opcode", "operand_values", "operands", "partials", "place", "plain_product", "product", "program",
           "rebuild", "reduce", "reduce_rows", "reduce_rows_data", "replay", "rows_at", "run", "scale_grads",
           "set_label", "set_leaves", "sgd_step", "simd", "simd_paths", "sketch", "take", "tangent", "upcall",
           "watchers", "whole"]  # fmt: skip
