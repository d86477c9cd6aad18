"""The benchmarks' arithmetic, by hand: ratios, verdicts, figures as text, and how time is taken. No speed is held."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest

from benchmarks import command, report, timing
from benchmarks.report import Measure, Target

pytestmark = pytest.mark.once

ROW = {"native": 3.0, "torch": 4.0, "tiny": 0.25, "absent": None}
MEASURE = Measure("m", "a step", "ns", (Target(1.0, "torch"), Target(2.0), Target(3.0, None, "stretch")))


def test_a_ratio_is_ours_over_theirs() -> None:
    assert report.ratio(ROW, "torch") == 0.75
    for rival in ("tiny", "absent", "nobody"):
        assert report.ratio(ROW, rival) is None
    assert report.ratio({"native": None, "torch": 4.0}, "torch") is None
    assert report.ratio({"native": 3.0, "torch": 0.5}, "torch") == 6.0


def test_a_target_is_a_limit_from_above() -> None:
    assert [report.verdict(ROW, MEASURE, target) for target in MEASURE.targets] == [
        ("≤ 1.00 of torch", True), ("≤ 2 ns", False), ("stretch: ≤ 3 ns", True)]  # fmt: skip
    assert report.verdict(ROW, MEASURE, Target(0.75, "torch"))[1] is True
    assert report.verdict(ROW, MEASURE, Target(0.74, "torch"))[1] is False
    assert report.verdict(ROW, MEASURE, Target(1.0, "absent")) == ("≤ 1.00 of absent", None)


def test_the_table() -> None:
    assert report._cells([MEASURE], {"m": ROW}, ["native", "absent"], ["torch", "tiny"]) == [
        ["", "native", "absent", "ours/torch", "ours/tiny", "target"],
        ["a step, ns", "3.00", "-", "0.750", "-", "≤ 1.00 of torch: met\n≤ 2 ns: missed\nstretch: ≤ 3 ns: met"],
    ]
    assert [report._figure(x) for x in (1.234, 9.99, 10.0, 999.94, 1000.0, None)] == [
        "1.23", "9.99", "10.0", "999.9", "1000", "-"]  # fmt: skip
    assert [report._ratio(x) for x in (0.01, 0.00512, None)] == ["0.010", "0.0051", "-"]


def test_contenders_take_turns_after_a_warm_up() -> None:
    calls: list[tuple[str, bool]] = []

    def task(name: str) -> Any:
        return lambda: calls.append((name, gc.isenabled())) or len(calls)

    assert timing.round_robin({"a": task("a"), "b": task("b")}, 2) == {"a": [3, 5], "b": [4, 6]}
    assert calls == [("a", False), ("b", False)] * 3 and gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        timing.round_robin({"a": lambda: 1 / 0}, 1)
    assert gc.isenabled()


def test_a_step_is_timed_by_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock of which each step takes 2 seconds: half a minute has 15 of them, and one takes 2."""
    now = [0.0]
    restarts: list[float] = []

    def step() -> None:
        now[0] += 2.0

    monkeypatch.setattr(timing, "process_clock", lambda: now[0])
    assert timing.steps(lambda: restarts.append(now[0]), step, 30.0)() == 2.0
    assert restarts == [0.0, 2.0, 4.0] and now[0] == 4.0 + 30.0


def test_an_operation_is_in_nanoseconds_without_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    class Timer:
        def __init__(self, statement: str, *_: Any) -> None:
            self.statement = statement

        def timeit(self, count: int) -> float:
            return count * (5e-7 if self.statement == "a * b" else 1e-7)

    monkeypatch.setattr(timing, "Timer", Timer)

    class Contender:
        variable = start = None

    assert timing.operation(Contender, "a * b", 1000)() == pytest.approx(400.0, rel=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize(("quick", "given", "written"), [(True, None, None), (False, None, "b.json"), (True, "x", "x")])
def test_where_a_run_is_kept(
    quick: bool, given: Any, written: Any, tmp_path: Any, monkeypatch: Any, capsys: Any
) -> None:
    outcome = command.Outcome({"m": ROW}, "a note", {"more": 1})
    benchmark = command.Benchmark("b", "", [], [MEASURE], ["native"], ["torch"], lambda quick, core: outcome)
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setattr(timing, "pin", lambda: 7)
    assert command.run(benchmark, quick, tmp_path / given if given else None) == 0
    assert [path.name for path in tmp_path.iterdir()] == ([written] if written else [])
    assert "a note" in capsys.readouterr().out
    if written:
        kept = json.loads((tmp_path / written).read_text())
        assert kept["settings"] == {"quick": quick, "core": 7, "more": 1}
        assert kept["measures"]["m"]["ratios"] == {"torch": 0.75}
        assert kept["measures"]["m"]["targets"][1] == {"target": "≤ 2 ns", "met": False}
