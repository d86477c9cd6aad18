"""The errors of scalargrad: each is a `ScalargradError` and the builtin that fits."""

from __future__ import annotations


class ScalargradError(Exception):
    """The base of all errors that scalargrad raises on purpose."""


class NumberError(ScalargradError, TypeError):
    """Something that is not a real number was given where one is needed."""


class RangeError(ScalargradError, OverflowError):
    """A number is too large for a C double."""


class ReadOnlyError(ScalargradError, AttributeError):
    """An attribute that describes a recorded node was set."""


class HandmadeNodeError(ScalargradError, TypeError):
    """A Value was made with children, an op or a backward function by hand."""


class ArgumentError(ScalargradError, ValueError):
    """An argument is of the right type and the wrong value: an empty list, two lengths that differ."""


class ShapeError(ScalargradError, ValueError):
    """Shapes that do not fit one another, or not the operation; the message shows them."""


class HigherOrderError(ScalargradError, NotImplementedError):
    """A transform met the Values of another transform that is running: that would be a second derivative."""


class AnomalyError(ScalargradError, FloatingPointError):
    """Inside `detect_anomaly`, an operation or its backward rule made a nan or an infinity."""


class BackendError(ScalargradError, ImportError):
    """SCALARGRAD_BACKEND names no backend, or one that is not there."""


class RecordError(ScalargradError, ValueError):
    """A pickled history is damaged or was not written by scalargrad."""


class MissingExtraError(ScalargradError, ImportError):
    """An optional library is not installed; the message names the extra that brings it."""


class GradientMismatchError(ScalargradError, AssertionError):
    """`testing.check_grad` found a gradient that numerical differentiation does not confirm."""


class ImplicitDetachWarning(UserWarning):
    """A Value was turned into a float, so the gradient stops there."""
