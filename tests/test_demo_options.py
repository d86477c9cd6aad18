"""The demo `options`: prices and greeks against mpmath and formulas, implied volatilities, and its picture."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import pytest
from mpmath import mp

import scalargrad as sg
from scalargrad.__main__ import main
from scalargrad.demos import black_scholes
from scalargrad.demos.black_scholes import MATURITIES, BlackScholes, Option, chain, formulas, greeks, price, smile

GREEKS = ["delta", "gamma", "vega", "theta", "rho", "vanna", "volga"]
PLACES = [  # spot, volatility, rate, option
    (100.0, 0.2, 0.03, Option(110.0, 0.5, 1.0)), (100.0, 0.35, 0.0, Option(70.0, 1 / 12, -1.0)),
    (4200.0, 0.15, -0.01, Option(4000.0, 2.0, 1.0)), (1.3, 0.1, 0.2, Option(1.5, 1.0, -1.0)),
]  # fmt: skip


def reference(spot: Any, vol: Any, rate: Any, time: Any, option: Option) -> Any:
    """The price to 50 digits, by another formula: d2 first, and a put by the parity of puts and calls."""
    root = vol * mp.sqrt(time)
    forward = spot * mp.exp(rate * time)
    d2 = mp.log(forward / option.strike) / root - root / 2
    call = mp.exp(-rate * time) * (forward * mp.ncdf(d2 + root) - option.strike * mp.ncdf(d2))
    return call if option.sign > 0 else call - spot + option.strike * mp.exp(-rate * time)


def run(demo: BlackScholes, steps: int = 10) -> list[str]:
    return [told.state for told in demo.tell(steps)]


# --- the price and its derivatives -----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_greeks_are_the_derivatives_to_50_digits(place: tuple[float, float, float, Option]) -> None:
    spot, vol, rate, option = place
    with mp.workdps(50):
        exact = tuple(map(mp.mpf, (spot, vol, rate, option.time)))

        def derivative(*orders: int) -> float:
            return float(mp.diff(lambda *x: reference(*x, option), exact, orders))

        wanted = {"delta": derivative(1, 0, 0, 0), "gamma": derivative(2, 0, 0, 0), "vega": derivative(0, 1, 0, 0),
                  "theta": -derivative(0, 0, 0, 1), "rho": derivative(0, 0, 1, 0), "vanna": derivative(1, 1, 0, 0),
                  "volga": derivative(0, 2, 0, 0)}  # fmt: skip
        value = float(reference(*exact, option))
    assert price(spot, vol, rate, option.time, option.strike, option.sign) == pytest.approx(value, rel=1e-12)
    for found in (greeks(*place), formulas(*place)):
        assert list(found) == GREEKS and found == pytest.approx(wanted, rel=1e-12)


def test_the_smile() -> None:
    """A parabola, by hand: 0.2 - 0.04/e² at the money and a year, and steeper below than above."""
    assert smile(0.0, 1.0) == pytest.approx(0.2 - 0.04 / math.e**2, rel=1e-15)
    assert smile(-0.2, 50.0) == pytest.approx(0.24, rel=1e-15) and smile(0.2, 50.0) == pytest.approx(0.18, rel=1e-15)


# --- implied volatilities --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spot", "rate"), [(100.0, 0.03), (4200.0, -0.5), (0.01, 0.5), (1e6, 0.0)])
def test_without_noise_they_are_the_true_ones(spot: float, rate: float) -> None:
    demo = BlackScholes(1, spot, rate, noise=0.0)
    run(demo, 11)
    assert len(demo.vols) == 85
    for vol, (option, _, true) in zip(demo.vols, demo.quotes):
        assert vol == pytest.approx(true, abs=1e-10)
        moneyness = (math.log(option.strike / spot) - rate * option.time) / math.sqrt(option.time)
        assert true == pytest.approx(smile(moneyness, option.time), rel=1e-12)
        # out of the money: a put below the forward, a call above
        assert moneyness * option.sign > -1e-9


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_gives_the_price_that_is_quoted(seed: int) -> None:
    demo = BlackScholes(seed)
    run(demo)
    for vol, (option, quote, _) in zip(demo.vols, demo.quotes):
        again = price(100.0, vol, 0.03, option.time, option.strike, option.sign)
        assert again == pytest.approx(quote, rel=1e-11)
    # noise over vega says how far they are from the true ones
    errors = [(v - q.vol) / s for v, q, s in zip(demo.vols, demo.quotes, demo.spreads())]
    assert 0.75 < sg.norm(errors) / math.sqrt(85.0) < 1.25
    exact = chain(seed, 100.0, 0.03, 0.0)
    noise = [math.log(quote.price / true.price) for quote, true in zip(demo.quotes, exact)]
    assert 0.75 * 0.03 < sg.norm(noise) / math.sqrt(85.0) < 1.25 * 0.03
    assert chain(seed, 100.0, 0.03, 0.03) == demo.quotes != chain(seed + 1, 100.0, 0.03, 0.03)


def test_newton_converges_from_above_and_then_twice_as_fast_in_each_step() -> None:
    demo = BlackScholes(3, noise=0.0)
    start = list(demo.vols)
    states = run(demo, 11)
    largest = [max(errors) for errors in demo.errors]
    assert largest == sorted(largest, reverse=True) or largest[-1] < 1e-12
    assert 1e-2 < largest[5] < 1.0 and largest[7] < 10.0 * largest[6] ** 2 and largest[8] < 10.0 * largest[7] ** 2
    assert states[0].startswith(f"price error {largest[0]:.1e}  volatility step ")
    # by hand, the first step of the first quote
    option, quote, _ = demo.quotes[0]
    twin = BlackScholes(3, noise=0.0)
    run(twin, 1)
    found = price(100.0, start[0], 0.03, option.time, option.strike, option.sign)
    vega = formulas(100.0, start[0], 0.03, option)["vega"]
    assert twin.parameters()[0] == pytest.approx(start[0] - (found - quote) / vega, rel=1e-13)
    assert twin.errors[0][0] == pytest.approx(abs(found / quote - 1.0), rel=1e-12)


# --- what is printed and drawn ---------------------------------------------------------------------------------------


def test_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    demo = BlackScholes(1337)
    run(demo)
    assert all(0.0 < error < 1e-12 for error in demo.differences().values())
    first, second, head, *rows, note = demo.verdict().splitlines()
    assert first == f"85 implied volatilities from {100 * min(demo.vols):.2f} % to {100 * max(demo.vols):.2f} %"
    assert second == "root mean square of their errors: 0.3 points; of noise / vega: 0.27 points"
    assert head.endswith("at 85 quotes") and note == "* strike 100, 1 year, volatility 19.93 %"
    vol = 0.2 - 0.04 / math.e**2 + 0.15 * 0.03 + 0.25 * 0.03**2
    assert [row.split()[0] for row in rows] == GREEKS
    wanted = formulas(100.0, vol, 0.03, Option(100.0, 1.0, 1.0))
    assert [float(row.split()[1]) for row in rows] == pytest.approx([*wanted.values()], rel=1e-5)
    assert [row.split()[2] for row in rows] == [f"{error:.1e}" for error in demo.differences().values()]
    # a wrong formula is seen
    monkeypatch.setattr(black_scholes, "formulas", lambda *x: {**formulas(*x), "vanna": formulas(*x)["vanna"] * 1.25})
    assert {name for name, error in demo.differences().items() if error > 1e-12} == {"vanna"}
    assert demo.differences()["vanna"] == pytest.approx(0.2, rel=1e-9)


def test_too_few_steps_are_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "options", "--no-plot", "--steps", "1", "--noise", "0"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("note:")]  # without rich
    head, step, _, errors, *_ = lines
    assert head == f"options: 85 parameters, seed 1337, backend {sg.backend()}"
    assert step.startswith("step 1 of 1  price error 1.3e+03  volatility step ")
    assert errors == "root mean square of their errors: 7.6 points; of noise / vega: 0 points"


def test_without_any_library(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for module in ("matplotlib", "rich", "sklearn", "scipy", "numpy"):
        monkeypatch.setitem(sys.modules, module, None)
    assert main(["demo", "options", "--spot", "50", "--rate", "0.1", "--steps", "9"]) == 0
    output = capsys.readouterr().out
    assert output.isascii() and "* strike 50, 1 year, volatility " in output and "picture:" not in output
    assert [line[:5] for line in output.splitlines()[:2]] == ["note:"] * 2 and output.count("\nstep ") == 9


@pytest.mark.once
@pytest.mark.parametrize(("options", "complaint"), [
    (["--spot", "0"], "--spot: expected a number from 0.01 to 1e+06, got '0'"),
    (["--spot", "inf"], "got 'inf'"), (["--spot", "nan"], "got 'nan'"), (["--spot", "ten"], "got 'ten'"),
    (["--rate", "0.51"], "--rate: expected a number from -0.5 to 0.5, got '0.51'"),
    (["--noise", "-1"], "--noise: expected a number from 0 to 20, got '-1'"),
    (["--hidden", "8"], "unrecognized arguments"),
])  # fmt: skip
def test_bad_options(options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["demo", "options", "--no-plot", *options])
    assert stop.value.code == 2 and complaint in " ".join(capsys.readouterr().err.split())


@pytest.mark.once
def test_the_help_says_what_a_step_is(capsys: pytest.CaptureFixture[str]) -> None:
    for name, steps in (("options", "steps of Newton's method (10)"), ("iris", "steps of gradient descent (400)")):
        with pytest.raises(SystemExit):
            main(["demo", name, "--help"])
        assert steps in " ".join(capsys.readouterr().out.split())


@pytest.mark.once
def test_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = pytest.importorskip("matplotlib.figure")
    saved: list[Any] = []
    monkeypatch.setattr(
        figures.Figure, "savefig", lambda figure, path, **options: saved.append((figure, path, options))
    )
    demo = BlackScholes(2)
    run(demo, 8)
    demo.draw(str(tmp_path / "options.png"))
    ((figure, path, options),) = saved
    assert path == str(tmp_path / "options.png") and options == {"format": "png", "dpi": 150}
    smiles, errors, *panels = figure.axes
    assert smiles.get_title().startswith("Implied volatilities of 85 quotes\n") and "3 % noise" in smiles.get_title()
    assert [text.get_text() for text in smiles.get_legend().get_texts()] == list(MATURITIES)
    points = [pair for bars in smiles.containers for pair in zip(*bars.lines[0].get_data())]
    assert points == [(quote.option.strike, 100.0 * vol) for quote, vol in zip(demo.quotes, demo.vols)]
    ends = [segment for bars in smiles.containers for segment in bars.lines[2][0].get_segments()]
    assert [(high - low) / 200.0 for (_, low), (_, high) in ends] == pytest.approx(demo.spreads(), rel=1e-9)
    assert [list(line.get_ydata()) for line in errors.lines] == [[max(error, 1e-17) for error in line]
                                                                 for line in zip(*demo.errors)]  # fmt: skip
    assert errors.get_yscale() == "log" and len(panels) == 8
    assert [axes.get_title().split()[0] for axes in panels] == ["price", *GREEKS]
    for k, axes in enumerate(panels):
        lines = [line.get_data() for line in axes.lines[:5]]
        for time, (spots, found) in zip(MATURITIES.values(), lines):
            assert (spots[0], spots[40], spots[80]) == pytest.approx((60.0, 100.0, 140.0), rel=1e-12)
            vol = smile(-0.03 * math.sqrt(time), time)
            option = Option(100.0, time, 1.0)
            wanted = [*formulas(spots[50], vol, 0.03, option).values()]
            assert found[50] == pytest.approx([price(spots[50], vol, 0.03, time, 100.0, 1.0), *wanted][k], rel=1e-9)


@pytest.mark.once
def test_the_file(tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image")
    path = tmp_path / "options.png"
    assert main(["demo", "options", "--steps", "1", "--out", str(path)]) == 0
    assert image.imread(path).shape[:2] == (1410, 1800)
