"""`Array`, the base class of Vector and Matrix: a view of a block, whose numbers can be read, set and copied.

An array always has the same elements. The data of those that are leaves can be set.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, overload

from scalargrad import convert, core
from scalargrad.arrays import reading, view
from scalargrad.arrays.reading import Shape
from scalargrad.core import View, whole
from scalargrad.errors import (
    ArgumentError,
    IndexingError,
    ItemAssignmentError,
    NumberError,
    ReadOnlyError,
    RecordError,
    ShapeError,
)
from scalargrad.nodes.copies import copied, flattened, pickled, unpickled

if TYPE_CHECKING:
    from scalargrad.arrays.mask import Mask
    from scalargrad.arrays.types import Matrix, Vector
    from scalargrad.record import Packed, Record
    from scalargrad.value import Value

A = TypeVar("A", bound="Array")
_new: Any = object.__new__
_kinds: list[Any] = [None, None, None, None]  # by the number of dimensions: Scalar, Vector, Matrix; and Mask


class Array:
    """The elements of an array: their shape, numbers and copies."""

    __slots__ = ("__weakref__", "_view", "of_numpy")
    _view: View
    of_numpy: bool  # data and grad are numpy arrays, because the array was made from one
    ndim: ClassVar[int] = -1
    is_mask: ClassVar[bool] = False
    __hash__ = None  # type: ignore[assignment]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        kind = 3 if cls.is_mask else cls.ndim
        if kind >= 0 and _kinds[kind] is None:
            _kinds[kind] = cls

    # --- shape and numbers

    @property
    def shape(self) -> Shape:
        """The lengths: () of a number, (n,) of a Vector, (rows, columns) of a Matrix."""
        return ()

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._view.rows * self._view.columns

    def elements(self) -> list[Any]:
        """The elements, row by row: Values, and floats for constants."""
        return core.items(self._view)

    def numbers(self) -> array[float]:
        """The numbers, row by row."""
        return view.numbers(self._view)

    def tobytes(self) -> bytes:
        """The bytes of the numbers, which are doubles, row by row."""
        return core.numbers(self._view)

    def _shown(self, numbers: bytes) -> Any:
        if self.of_numpy:
            import numpy

            return numpy.frombuffer(numbers).reshape(self.shape).copy()
        return reading.nest(array("d", numbers).tolist(), self.shape)

    def _set(self, given: Any, which: int, name: str) -> None:
        number = convert.number(given) if not reading.is_data(given) and not isinstance(given, Array) else given
        if isinstance(number, float):
            numbers = array("d", [number] * self.size)
        else:
            block, shape, _ = reading.read(given.data if isinstance(given, Array) else given, (self.ndim,), name, False)
            if shape != self.shape:
                raise ShapeError(f"{name} has shape {self.shape}, got data of shape {shape}")
            numbers = view.numbers(whole(block, self._view.rows, self._view.columns))
        if core.set_leaves(self._view, numbers.tobytes(), which) is not None:
            raise ReadOnlyError(
                f"{name} can be set on leaves only, and an element of this array is a constant or the result of an"
                " operation: set the leaves that it was computed from"
            )

    @property
    def data(self) -> Any:
        """The numbers: nested lists, or a numpy array if the array was made from one. Can be set if all are leaves."""
        return self._shown(core.numbers(self._view))

    @data.setter
    def data(self, given: Any) -> None:
        self._set(given, 0, "data")

    @property
    def grad(self) -> Any:
        """The grads of the elements, like `data`; see `Value.grad`. Can be set if all elements are leaves."""
        return self._shown(view.grads(self._view))

    @grad.setter
    def grad(self, given: Any) -> None:
        if given is None:
            convert.refuse(given, is_grad=True)
        self._set(given, 1, "grad")

    if TYPE_CHECKING:  # methods.py has it

        def item(self, *index: Any) -> Value: ...

    def tolist(self) -> list[Any]:
        """The elements, as (nested) lists of Values."""
        return reading.nest(self.elements(), self.shape)  # type: ignore[no-any-return]

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        """Raises `ItemAssignmentError`: what was recorded of an array stays true."""
        raise ItemAssignmentError(
            f"the elements of a {type(self).__name__} cannot be replaced: make a new array, by sg.where(mask, new, x),"
            " by sg.stack or sg.concat of rows and parts, or of a list; the numbers of leaves are set by x.data = ..."
        )

    def __delitem__(self, key: Any) -> NoReturn:
        """Raises `ItemAssignmentError`: select the elements that stay, by an index."""
        raise ItemAssignmentError(
            f"the elements of a {type(self).__name__} cannot be deleted: select those that stay, by a mask or a slice"
        )

    def _of(self, ndim: int, shown: View) -> Any:
        """An array of the same kind of elements, in a view of them."""
        return of_view(ndim, shown, self.of_numpy)

    def _element(self, item: Any) -> Any:
        """An item of the block, as an element."""
        return item

    def detach(self: A) -> A:
        """An array of new leaves with the same numbers and no history."""
        block = core.doubles(core.numbers(self._view), True)
        return of_shape(block, self.shape, self.of_numpy)  # type: ignore[no-any-return]

    @overload
    def reshape(self, length: int | tuple[int], /) -> Vector: ...
    @overload
    def reshape(self, rows: int, columns: int, /) -> Matrix: ...
    @overload
    def reshape(self, shape: tuple[int, int], /) -> Matrix: ...
    @overload
    def reshape(self, shape: Sequence[int], /) -> Vector | Matrix: ...
    def reshape(self, *shape: Any) -> Vector | Matrix:
        """The same elements in another shape, (n,) or (rows, columns), row by row; one length may be -1."""
        given = tuple(shape[0]) if len(shape) == 1 and reading.is_data(shape[0]) else shape
        lengths = [convert.index(n) for n in given]
        if None in lengths:
            raise ArgumentError(f"the lengths of a shape must be ints, got {convert.short(given)}")
        wanted: Any = tuple(lengths)
        known = math.prod(n for n in wanted if n != -1)
        if wanted.count(-1) == 1 and known and self.size % known == 0:
            wanted = tuple(self.size // known if n == -1 else n for n in wanted)
            known = self.size
        if len(wanted) not in (1, 2) or known != self.size or min(wanted) < 0:
            raise ShapeError(f"cannot reshape {self.shape} to {convert.short(wanted)}: it has {self.size} elements")
        rows, columns = wanted if len(wanted) == 2 else (1, wanted[0])
        return self._of(len(wanted), view.reshape(self._view, rows, columns))  # type: ignore[no-any-return]

    if not TYPE_CHECKING:  # to type checkers, an array is no number

        def __float__(self):
            raise NumberError(
                f"a {type(self).__name__} of shape {self.shape} is not one number: its numbers are x.data, an element"
                " is x[0], and functions of each element are scalargrad's, such as sg.exp for math.exp"
            )

        __int__ = __float__

    def __repr__(self) -> str:
        from scalargrad.arrays import showing

        return showing.shown(type(self).__name__, self._plain(), self.shape)

    def __format__(self, spec: str) -> str:
        """The numbers, each by the format, such as ``f"{v:.2f}"``."""
        from scalargrad.arrays import showing

        return showing.formatted(self._plain(), self.shape, spec) if spec else str(self)

    def _plain(self) -> list[Any]:
        """The numbers of the elements, row by row, as text shows them."""
        return self.numbers().tolist()

    def __bool__(self) -> bool:
        if self.size == 1:
            return bool(self.item())
        raise ArgumentError(f"an array of shape {self.shape} is neither true nor false: compare a sum, or use any(...)")

    def __and__(self, other: Any) -> Mask:
        """Raises `NumberError` for arrays and numbers: & | ^ combine Masks. Unknown types get their turn."""
        if isinstance(other, (Array, core.Node, int, float)) and not getattr(other, "is_mask", False):
            raise NumberError(
                f"& | ^ combine Masks, got {type(other).__name__}: compare first, in parentheses, since & binds more"
                " than < does: (x > 0) & (x < 3)"
            )
        return NotImplemented

    __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __and__

    def backward(self, seed: float = 1.0) -> None:
        """Raises `ArgumentError`, because backward starts from one number."""
        raise ArgumentError(f"backward starts from one number, got shape {self.shape}: take the sum() or mean() first")

    # --- copies: one record of the histories of all elements, so that what they share stays shared

    def copy(self: A) -> A:
        """A copy of the leaves: new leaves with the same numbers and grads, in the same places.

        Results of operations, and constants, stay the same: `copy.deepcopy` copies histories too.

        >>> from scalargrad import Vector
        >>> w = Vector([1.0, 2.0])
        >>> best = w.copy()
        >>> w.data = [3.0, 4.0]
        >>> best.data
        [1.0, 2.0]
        """
        from copy import copy

        twins: dict[int, Any] = {}  # a leaf that is in several places stays one leaf
        elements = self.elements()
        for x in elements:
            if isinstance(x, core.Node) and id(x) not in twins:
                twins[id(x)] = copy(x)
        copies = [twins.get(id(x), x) if isinstance(x, core.Node) else x for x in elements]
        return of_shape(core.block(copies), self.shape, self.of_numpy)  # type: ignore[no-any-return]

    def __copy__(self: A) -> A:
        return self.copy()

    def __deepcopy__(self: A, memo: dict[int, Any]) -> A:
        from copy import deepcopy

        flat, elements = self._flattened()
        copies = _merged([] if flat is None else copied(flat, memo), [deepcopy(x, memo) for x in elements])
        return of_shape(core.block(copies), self.shape, self.of_numpy)  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        flat, elements = self._flattened()
        return _unpickled, (self.shape, self.of_numpy, None if flat is None else pickled(flat), elements)

    def _flattened(self) -> tuple[Record | None, list[Any]]:
        """The record of the results among the elements, and all elements: of a result, which root it is (an int)."""
        elements = self.elements()
        results = [x for x in elements if isinstance(x, core.Node) and core.key(x) is not None]
        place = itertools.count()
        packed = [next(place) if isinstance(x, core.Node) and core.key(x) is not None else x for x in elements]
        return flattened(*results) if results else None, packed


def position(key: Any, length: int, shape: Shape) -> int:
    """An index as a position from 0 on. Raises `IndexingError`, which is an IndexError too."""
    k = convert.index(key)
    if k is None:
        raise IndexingError(f"an index must be an int, got {type(key).__name__}")
    if not -length <= k < length:
        raise IndexingError(f"index {convert.short(k)} is out of range for an array of shape {shape}")
    return k % length


def axis_of(given: Any, ndim: int) -> int:
    """An axis of an array of `ndim` dimensions, from 0 on. Raises `ArgumentError`."""
    axis = convert.index(given)
    if axis is None:
        raise ArgumentError(f"an axis must be an int, got {type(given).__name__} {convert.short(given)}")
    if not -ndim <= axis < ndim:
        raise ArgumentError(f"an array of {ndim} dimensions has no axis {convert.short(axis)}")
    return axis % ndim


def _merged(roots: list[Any], elements: list[Any]) -> list[Any]:
    return [roots[x] if type(x) is int else x for x in elements]


def _unpickled(shape: Shape, of_numpy: bool, packed: Packed | None, elements: list[Any]) -> Any:
    """A pickled array. Raises `RecordError` for a damaged one."""
    if not isinstance(packed, (tuple, list, type(None))) or not isinstance(elements, (tuple, list)):
        raise RecordError("this pickled array cannot be read: its parts are no history and a list of elements")
    roots = [] if packed is None else unpickled(*packed)
    if any(type(x) is int and not 0 <= x < len(roots) for x in elements):
        raise RecordError(f"an array has an element that is not one of its {len(roots)} results")
    lengths = isinstance(shape, tuple) and len(shape) < 3 and all(type(n) is int and n >= 0 for n in shape)
    if not lengths or math.prod(shape) != len(elements):
        raise RecordError(f"an array of {len(elements)} elements cannot have the shape {shape!r}")
    try:
        return of_shape(core.block(_merged(roots, elements)), shape, of_numpy)
    except NumberError as error:
        raise RecordError(f"an array has an element that is not a number: {error}") from None


def _again(ndim: int, rows: int, columns: int, of_numpy: bool, together: Any) -> Any:
    """An array that version 0.1.0 pickled: a node whose operands are the elements, or the numbers of constants."""
    items = core.operands(together) if isinstance(together, core.Node) else together
    return of_view(ndim, whole(core.block(items), rows, columns), of_numpy)


def of_view(ndim: int, shown: View, of_numpy: bool) -> Any:
    """An array of `ndim` dimensions: a `Scalar` (0), a Vector (1) or a Matrix (2)."""
    self = _new(_kinds[ndim])
    self._view = shown
    self.of_numpy = of_numpy
    return self


def mask_of(ndim: int, shown: View, of_numpy: bool) -> Any:
    """A Mask of `ndim` dimensions that shows a view of ones and zeros."""
    self = _new(_kinds[3])
    self._ndim, self._view, self.of_numpy = ndim, shown, of_numpy
    return self


def of_shape(block: Any, shape: Sequence[int], of_numpy: bool) -> Any:
    """An array that shows a whole block, in a shape of at most two dimensions."""
    ndim = len(shape)
    return of_view(ndim, whole(block, shape[0] if ndim == 2 else 1, shape[-1] if ndim else 1), of_numpy)


def of_items(items: Sequence[Any]) -> Any:
    """A Vector of Values, and of numbers as constants."""
    return of_shape(core.block(items), (len(items),), False)


def shown_as(x: Array, like: Array, ndim: int) -> Any:
    """A row or column as an array of `ndim` dimensions, whose data is a numpy array if the data of `like` is one."""
    if x.ndim == ndim and x.of_numpy is like.of_numpy:
        return x
    shown = x._view
    return of_view(ndim, shown.T if ndim < 2 and shown.columns == 1 else shown, like.of_numpy)
