"""How training shows: a live bar on a terminal, plain lines elsewhere. Each is a context that gives a `Show`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scalargrad import extras

Show = Callable[[int, float, float], None]  # of a step, counted from 0, its loss and its accuracy


def on_terminal() -> bool:
    """Whether the output can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


@contextmanager
def lines(steps: int) -> Iterator[Show]:
    """A line at the start of each tenth of the steps, with all digits of the loss."""

    def show(step: int, loss: float, accuracy: float) -> None:
        if step * 10 // steps > (step - 1) * 10 // steps:
            print(f"step {step:{len(str(steps))}} of {steps}  loss {loss!r}  accuracy {accuracy:.1%}", flush=True)

    yield show


@contextmanager
def bar(steps: int) -> Iterator[Show]:
    """A live bar. Raises `MissingExtraError` without rich."""
    rich = extras.load("rich.progress")
    progress = rich.Progress(
        rich.TextColumn("step {task.completed} of {task.total}"),
        rich.BarColumn(bar_width=None),
        rich.TextColumn("loss {task.fields[loss]:.4f}  accuracy {task.fields[accuracy]:6.1%}"),
        rich.TimeElapsedColumn(),
        expand=True,
    )
    with progress:
        task = progress.add_task("", total=steps, loss=float("nan"), accuracy=float("nan"))

        def show(step: int, loss: float, accuracy: float) -> None:
            progress.update(task, completed=step + 1, loss=loss, accuracy=accuracy)

        yield show
