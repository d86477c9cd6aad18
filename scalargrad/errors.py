"""The errors of scalargrad. Each is a subclass of `ScalargradError` and of the builtin exception that fits."""

from __future__ import annotations

from typing import Any


class ScalargradError(Exception):
    """The base class of all errors that scalargrad raises on purpose."""


class NumberError(ScalargradError, TypeError):
    """A real number is required, and something else was given."""


class RangeError(ScalargradError, OverflowError):
    """A number is too large for a C double."""


class ReadOnlyError(ScalargradError, AttributeError):
    """An attribute of the result of an operation cannot be set: its data, or one that only leaves have."""


class ItemAssignmentError(ReadOnlyError, TypeError):
    """An element of an array was to be replaced: `v[0] = x`. What was recorded stays as it was recorded."""


class HandmadeNodeError(ScalargradError, TypeError):
    """A node by hand lacks its local gradients: it was given the name of an operation, or a backward function."""


class ArgumentError(ScalargradError, ValueError):
    """An argument has the right type but a wrong value, such as an empty list or two lists of different lengths."""


class IndexingError(ArgumentError, IndexError):
    """An index of an array is out of range, or is none: a float, one bool, too many of them."""


class ShapeError(ScalargradError, ValueError):
    """Shapes do not fit each other, or do not fit the operation. The message shows them."""


class LinAlgError(ArgumentError, ArithmeticError):
    """A matrix has no inverse, because it is singular, or no factor, because it is not positive definite."""


class KeywordError(ScalargradError, TypeError):
    """A function got a keyword argument that it does not have."""


class DispatchError(ScalargradError, TypeError):
    """A function of numpy has no rule for arrays of Values. `x.numpy()` gives their numbers."""


class ForwardError(ScalargradError, TypeError):
    """A module was called that has neither ``forward`` nor ``__call__``."""


class HigherOrderError(ScalargradError, NotImplementedError):
    """A derivative of a derivative is asked for that is not known. A node by hand has floats as partials, a rule of
    `custom_vjp` may read Values as floats, and `backward` inside a transform gives floats as grads."""


class AnomalyError(ScalargradError, FloatingPointError):
    """Inside `detect_anomaly`, a nan or an infinity that an operation made reached a result or a gradient."""


class BackendError(ScalargradError, ImportError):
    """SCALARGRAD_BACKEND or SCALARGRAD_SIMD has an unknown value, or one that is not available here."""


class RecordError(ScalargradError, ValueError):
    """A pickled history is damaged or was not written by scalargrad."""


class StateError(ScalargradError, ValueError):
    """A saved state is damaged, was not written by scalargrad, or does not fit the model or optimiser."""


class MissingNameError(ScalargradError, AttributeError):
    """A module, a network, an optimiser, an array or a Value has no attribute of this name.

    Its arguments are what is missing, and the advice, or a function that returns it: `hasattr` needs no advice.
    """

    def __str__(self) -> str:
        return ": ".join(str(part() if callable(part) else part) for part in self.args)


class Absent:
    """An attribute that numpy's or PyTorch's classes have and ours do not: reading it raises `MissingNameError`.

    A ``__getattr__`` would do the same, and slow down the reading of every attribute.
    """

    def __init__(self, name: str, advice: str) -> None:
        self.name, self.advice = name, advice

    def __get__(self, thing: object, owner: type) -> object:
        for each in owner.__mro__:  # another base class may have it
            found = vars(each).get(self.name)
            if found is not None and not isinstance(found, Absent):
                return found.__get__(thing, owner) if hasattr(found, "__get__") else found
        raise MissingNameError(f"{owner.__name__!r} object has no attribute {self.name!r}", self.advice)

    def __repr__(self) -> str:
        return f"<not here: {self.advice}>"


class MissingExtraError(ScalargradError, ImportError):
    """An optional library cannot be imported. The message names the extra that installs it."""


class GradientMismatchError(ScalargradError, AssertionError):
    """`testing.check_grad` found a gradient that disagrees with numerical differentiation. `report` has all entries."""

    report: Any = None


class ImplicitDetachWarning(UserWarning):
    """A Value was converted to a float, so the gradient stops there."""
