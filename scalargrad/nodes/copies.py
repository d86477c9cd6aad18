"""Copies and pickles of Values: leaves with their attributes, and whole histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scalargrad import core
from scalargrad.convert import short
from scalargrad.errors import RecordError

if TYPE_CHECKING:
    from scalargrad.record import Record
    from scalargrad.value import Value


def _leaf(cls: type[Value], data: float, grad: float) -> Value:
    """A leaf of any subclass, made without calling its __init__."""
    if not isinstance(cls, type) or not issubclass(cls, core.Node):
        raise RecordError(f"this pickled leaf cannot be read: {short(cls)} is not a class of Values")
    leaf: Any = cls.__new__(cls)
    leaf.data = data
    leaf.grad = grad
    return leaf  # type: ignore[no-any-return]


def _attributes(leaf: Value) -> dict[str, Any]:
    """What a leaf has beside data and grad: its label and other attributes, also those in a subclass's slots."""
    found = dict(vars(leaf))
    if leaf.label:
        found["label"] = leaf.label
    for cls in type(leaf).__mro__:
        if cls is core.Node:
            break
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(leaf, name):
                found[name] = getattr(leaf, name)
    return found


def _from_record(*packed: Any) -> Value:
    """The root of a pickled history."""
    return unpickled(*packed)[0]


# `record` is imported when a history is first copied or pickled: importing the package stays quick.


def flattened(*results: Any) -> Record:
    """The histories of results of operations, as one record."""
    from scalargrad.record import Record

    return Record(*core.flatten(*results))


def copied(flat: Record, memo: dict[int, Any]) -> list[Value]:
    """The roots of a copy of a record, with deep copies of its leaves."""
    from copy import deepcopy

    return rebuilt(flat._replace(leaves=[deepcopy(leaf, memo) for leaf in flat.leaves]))


def pickled(flat: Record) -> tuple[Any, ...]:
    """A record as a pickle holds it."""
    from scalargrad.record import pack

    return pack(flat)


def unpickled(*packed: Any) -> list[Value]:
    """The roots of a pickled history. Raises `RecordError` if it is damaged or foreign."""
    from scalargrad.record import unpack

    try:
        if not packed:
            raise RecordError("it has no parts")
        return rebuilt(unpack(*packed))
    except RecordError as error:
        raise RecordError(f"this pickled history cannot be read: {error}") from None


def rebuilt(given: Record) -> list[Value]:
    """The roots of a record. Raises `RecordError` if it is not legal."""
    roots: Any = core.rebuild(*given)
    if roots is None:
        from scalargrad.record import validate

        validate(given)  # says why
        raise RecordError("its leaves are not Values that were made as such")
    return roots  # type: ignore[no-any-return]
