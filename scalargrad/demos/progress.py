"""The progress of training: a live bar on a terminal, plain lines elsewhere. Both are contexts that yield a `Show`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scalargrad import extras

Show = Callable[[int, str, str], None]  # takes the number of steps before, the state, and a line to print, or ""


def ends_part(step: int, steps: int, parts: int) -> bool:
    """Whether a step, counted from 0, is the last one of a part, if the steps are cut in so many equal parts.

    >>> [step for step in range(10) if ends_part(step, 10, 3)]
    [3, 6, 9]
    """
    return (step + 1) * parts // steps > step * parts // steps


@contextmanager
def lines(steps: int) -> Iterator[Show]:
    """Prints a line for the first step and for the last of each tenth of the steps. Steps count from 1."""

    def show(step: int, state: str, line: str) -> None:
        if step == 0 or ends_part(step, steps, 10):
            print(f"step {step + 1:{len(str(steps))}} of {steps}  {state}", flush=True)
        if line:
            print(line, flush=True)

    yield show


@contextmanager
def bar(steps: int) -> Iterator[Show]:
    """Shows a live bar. Raises `MissingExtraError` without rich."""
    rich = extras.load("rich.progress")
    progress = rich.Progress(
        rich.TextColumn("step {task.completed} of {task.total}"),
        rich.BarColumn(bar_width=None),
        rich.TextColumn("{task.fields[state]}"),
        rich.TimeElapsedColumn(),
        expand=True,
    )
    with progress:
        task = progress.add_task("", total=steps, state="")

        def show(step: int, state: str, line: str) -> None:
            if line:
                progress.console.print(line, markup=False, highlight=False)
            progress.update(task, completed=step + 1, state=state)

        yield show
