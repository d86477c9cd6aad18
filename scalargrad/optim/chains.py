"""Schedulers one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from scalargrad import convert
from scalargrad.errors import ArgumentError, StateError
from scalargrad.optim.schedules import HasRate, Scheduler, whole


class SequentialLR(Scheduler):
    """Schedulers one after the other, such as a warm-up and then a cosine: the next begins at each of `milestones`.

    A milestone is an epoch; there is one fewer than schedulers. Each scheduler counts its epochs from its milestone,
    and starts from the learning rate that the optimiser had before its first scheduler was made. Step this one, and not
    its parts. Raises `ArgumentError` for schedulers of another optimiser, for a `ReduceLROnPlateau`, and for
    milestones that do not fit.

    >>> from scalargrad import Value
    >>> from scalargrad.optim import SGD, CosineAnnealingLR, LinearLR
    >>> optimiser = SGD([Value(1.0)], lr=1.0)
    >>> warm_up = LinearLR(optimiser, start_factor=0.5, total_iters=2)
    >>> scheduler = SequentialLR(optimiser, [warm_up, CosineAnnealingLR(optimiser, T_max=2)], milestones=[2])
    >>> for epoch in range(5):
    ...     print(optimiser.lr)
    ...     scheduler.step()
    0.5
    0.75
    1.0
    0.5
    0.0
    """

    _settings = ("milestones",)

    def __init__(self, optimiser: HasRate, schedulers: Sequence[Scheduler], milestones: Sequence[int]) -> None:
        parts = convert.in_order(schedulers, "SequentialLR")
        if not parts:
            raise ArgumentError(f"SequentialLR takes a list of schedulers, got {convert.short(schedulers)}")
        for part in parts:
            if not isinstance(part, Scheduler) or type(part).rate is Scheduler.rate:
                kind = type(part).__name__
                raise ArgumentError(f"SequentialLR takes schedulers whose rate depends on the epoch alone, got {kind}")
            if part.optimiser is not optimiser:
                raise ArgumentError(f"a {type(part).__name__} belongs to another optimiser than this SequentialLR")
        self.schedulers: list[Scheduler] = parts
        found = self._checked("milestones", milestones)
        super().__init__(optimiser)
        self.milestones: list[int] = found
        self._start_from(self.base_lr)  # a warm-up lowered the lr when it was made
        optimiser.lr = self.rate(0)

    def rate(self, epoch: int) -> float:
        """The rate of the scheduler whose turn it is, of the epochs since its milestone."""
        k = bisect_right(self.milestones, epoch)
        return self.schedulers[k].rate(epoch - self.milestones[k - 1] if k else epoch)

    def _following(self, lr: float, epoch: int) -> float:
        """A scheduler whose turn begins sets its own rate."""
        if epoch + 1 in self.milestones:
            return self.rate(epoch + 1)
        k = bisect_right(self.milestones, epoch)
        return self.schedulers[k]._following(lr, epoch - self.milestones[k - 1] if k else epoch)

    def _checked(self, name: str, x: Any) -> Any:
        if name != "milestones":
            return super()._checked(name, x)
        given = convert.in_order(x, "milestones")
        found = [0, *(whole(epoch, "a milestone") for epoch in given or ())]
        if given is None or len(found) != len(self.schedulers) or found != sorted({*found}):
            raise ArgumentError(
                f"milestones must be a list of {len(self.schedulers) - 1} epochs in ascending order, one fewer than"
                f" schedulers, got {convert.short(x)}"
            )
        return found[1:]

    def _start_from(self, base_lr: float) -> None:
        super()._start_from(base_lr)
        for part in self.schedulers:
            part._start_from(base_lr)

    def state_dict(self) -> dict[str, Any]:
        """Returns everything that a run needs to continue, with the states of the parts."""
        state = super().state_dict()
        return {
            **state,
            "milestones": [*self.milestones],
            "schedulers": [part.state_dict() for part in self.schedulers],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues from a state that `state_dict` returned.

        Raises `StateError`, and changes nothing, if the state is damaged, or belongs to another kind of scheduler.
        """
        before = self.state_dict()
        super().load_state_dict(state)
        given = state.get("schedulers")
        try:
            if not isinstance(given, list) or len(given) != len(self.schedulers):
                raise StateError(f"the state of SequentialLR is damaged: it needs {len(self.schedulers)} schedulers")
            for part, each in zip(self.schedulers, given):
                part.load_state_dict(each)
        except BaseException:
            super().load_state_dict(before)
            for part, each in zip(self.schedulers, before["schedulers"]):
                part.load_state_dict(each)
            raise
