"""Optimisers, simplest first, with PyTorch's names and update rules; learning-rate schedulers; clipping."""

from typing import TYPE_CHECKING

from scalargrad.optim.adam import Adam, AdamW
from scalargrad.optim.adaptive import Adagrad, RMSprop
from scalargrad.optim.base import Optimiser
from scalargrad.optim.chains import SequentialLR
from scalargrad.optim.clipping import clip_grad_norm, clip_grad_value
from scalargrad.optim.descent import SGD
from scalargrad.optim.plateau import ReduceLROnPlateau
from scalargrad.optim.schedules import CosineAnnealingLR, ExponentialLR, LinearLR, Scheduler, StepLR

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR", "LinearLR", "Optimiser", "RMSprop",
           "ReduceLROnPlateau", "Scheduler", "SequentialLR", "StepLR", "clip_grad_norm", "clip_grad_value"]  # fmt: skip

if not TYPE_CHECKING:

    def __getattr__(name):
        from scalargrad.names import missing

        raise missing(__name__, name)
