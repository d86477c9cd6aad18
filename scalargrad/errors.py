"""The errors of scalargrad. Each is a subclass of `ScalargradError` and of the builtin exception that fits."""

from __future__ import annotations


class ScalargradError(Exception):
    """The base class of all errors that scalargrad raises on purpose."""


class NumberError(ScalargradError, TypeError):
    """A real number is required, and something else was given."""


class RangeError(ScalargradError, OverflowError):
    """A number is too large for a C double."""


class ReadOnlyError(ScalargradError, AttributeError):
    """An attribute that an operation has fixed cannot be set: the data of an interior node."""


class ItemAssignmentError(ReadOnlyError, TypeError):
    """An element of an array was to be replaced: `v[0] = x`. What was recorded stays as it was recorded."""


class HandmadeNodeError(ScalargradError, TypeError):
    """A Value was constructed with children, an op or a backward function, which only operations can set."""


class ArgumentError(ScalargradError, ValueError):
    """An argument has the right type but a wrong value, such as an empty list or two lists of different lengths."""


class IndexingError(ArgumentError, IndexError):
    """An index of an array is out of range, or is none: a float, one bool, too many of them."""


class ShapeError(ScalargradError, ValueError):
    """Shapes do not fit each other, or do not fit the operation. The message shows them."""


class HigherOrderError(ScalargradError, NotImplementedError):
    """A transform met the Values of another transform that is still running, which asks for a second derivative."""


class AnomalyError(ScalargradError, FloatingPointError):
    """Inside `detect_anomaly`, an operation or its backward rule made a nan or an infinity."""


class BackendError(ScalargradError, ImportError):
    """SCALARGRAD_BACKEND or SCALARGRAD_SIMD has an unknown value, or one that is not available here."""


class RecordError(ScalargradError, ValueError):
    """A pickled history is damaged or was not written by scalargrad."""


class StateError(ScalargradError, ValueError):
    """A saved state is damaged, was not written by scalargrad, or does not fit the model or optimiser."""


class MissingExtraError(ScalargradError, ImportError):
    """An optional library cannot be imported. The message names the extra that installs it."""


class GradientMismatchError(ScalargradError, AssertionError):
    """`testing.check_grad` found a gradient that disagrees with numerical differentiation."""


class ImplicitDetachWarning(UserWarning):
    """A Value was converted to a float, so the gradient stops there."""
