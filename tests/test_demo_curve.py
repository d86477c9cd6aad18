"""The demo `curve`: its Jacobian by hand, fits that find the truth, standard errors, options, and its picture."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.__main__ import main
from scalargrad.demos import curve as module
from scalargrad.demos.curve import TRUTH, Curve, background, curve, first, second
from tests.support.profiles import native_only

TRUE = [0.8, 520.0, 18.0, 0.5, 565.0, 25.0, 0.6, 120.0]


@pytest.fixture(autouse=True)
def _scipy() -> None:
    """Each test is skipped by itself: .ci/run holds that each runs somewhere."""
    pytest.importorskip("scipy")


def parts(x: float, p: list[float]) -> tuple[float, list[float]]:
    """The curve and its derivatives by the parameters, by hand."""
    value, row = 0.0, []
    for h, c, w in (p[:3], p[3:6]):
        z = (x - c) / w
        bell = math.exp(-z * z / 2.0)
        value += h * bell
        row += [bell, h * bell * z / w, h * bell * z * z / w]
    fall = math.exp(-(x - 400.0) / p[7])
    return value + p[6] * fall, [*row, fall, p[6] * fall * (x - 400.0) / p[7] ** 2]


def fitted(steps: int = 1, seed: int = 1337, **options: Any) -> Curve:
    demo = Curve(seed, **options)
    for _ in demo.tell(steps):
        pass
    return demo


# --- the fit ---------------------------------------------------------------------------------------------------------


def test_the_jacobian_by_hand() -> None:
    demo = Curve(1, points=20)
    assert [*TRUTH.values()] == TRUE == demo.truth.tolist()
    p = [0.7, 530.0, 20.0, 0.4, 570.0, 30.0, 0.5, 100.0]
    by_hand = [parts(x, p) for x in demo.x.tolist()]
    assert curve(demo.x, p).tolist() == pytest.approx([value for value, _ in by_hand], rel=1e-13)
    found = demo.by_gradients(np.array(p))
    assert found.shape == (20, 8) and found == pytest.approx(np.array([row for _, row in by_hand]), rel=1e-12)
    whole = sum(demo.jacobian(part, demo.x, np.array(p)) for part in (first, second, background))
    assert found == pytest.approx(whole, rel=1e-14)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_fit_finds_the_truth(seed: int) -> None:
    """Within its standard errors; and so that the sum of squares is least: residuals are orthogonal to the Jacobian."""
    demo = fitted(1, seed, noise=1e-4, points=60)
    (fit,) = demo.fits
    assert demo.parameters() == fit.parameters.tolist() and Curve(seed).parameters()[1] == 500.0
    assert max(map(abs, demo.pulls(fit))) < 4.0 and all(fit.errors > 0.0)
    assert fit.parameters == pytest.approx(np.array(TRUE), rel=2e-3)
    assert 0.75e-4 < fit.noise < 1.25e-4
    rows = np.array([parts(x, fit.parameters.tolist())[1] for x in demo.x])
    residuals = curve(demo.x, fit.parameters) - fit.data
    assert fit.jacobian == pytest.approx(rows, rel=1e-9)
    cosines = rows.T @ residuals / np.linalg.norm(rows, axis=0) / np.linalg.norm(residuals)
    assert abs(cosines).max() < 1e-4
    assert fit.noise == pytest.approx(math.sqrt(residuals @ residuals / (60 - 8)), rel=1e-12)


def test_standard_errors_are_those_of_curve_fit() -> None:
    from scipy import optimize

    demo = fitted()
    (fit,) = demo.fits
    found, covariance = optimize.curve_fit(lambda x, *p: curve(x, p), demo.x, fit.data, TRUE)
    assert fit.parameters == pytest.approx(found, rel=1e-4)
    assert fit.covariance == pytest.approx(covariance, rel=1e-2, abs=1e-9)
    assert fit.errors.tolist() == np.sqrt(np.diag(fit.covariance)).tolist()
    # of a part of the curve: roots of the diagonal of J C Jᵀ
    x = np.array([450.0, 520.0, 600.0])
    rows = np.array([parts(each, fit.parameters.tolist())[1] for each in x])
    assert demo.deviations(curve, x) == pytest.approx(np.sqrt(np.diag(rows @ fit.covariance @ rows.T)), rel=1e-9)
    rows[:, 3:] = 0.0
    assert demo.deviations(first, x) == pytest.approx(np.sqrt(np.diag(rows @ fit.covariance @ rows.T)), rel=1e-9)


@native_only
def test_standard_errors_hold_the_truth() -> None:
    """In two thirds of many fits, which a factor of 1.3 would change by a fifth."""
    pulls = [pull for seed in (3, 4) for fit in fitted(50, seed).fits for pull in Curve(0).pulls(fit)]
    assert len(pulls) == 800 and 0.6 < sum(abs(pull) < 1.0 for pull in pulls) / 800 < 0.77
    assert 0.85 < sg.norm(pulls) / math.sqrt(800.0) < 1.15


def test_a_seed_settles_everything() -> None:
    fits = [fitted(1, seed, points=20).fits[0] for seed in (5, 5, 6)]
    assert fits[0].data.tolist() == fits[1].data.tolist() != fits[2].data.tolist()
    assert fits[0].parameters.tolist() == fits[1].parameters.tolist()


def test_a_fit_that_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    ends = iter([SimpleNamespace(success=False, jac=np.eye(20, 8), cost=1.0, x=np.ones(8), njev=1),
                 SimpleNamespace(success=True, jac=np.zeros((20, 8)), cost=1.0, x=np.ones(8), njev=1)])  # fmt: skip
    monkeypatch.setattr(optimize, "least_squares", lambda *args, **options: next(ends))
    for _ in range(2):
        assert main(["demo", "curve", "--no-plot", "--points", "20"]) == 1
        assert "a fit did not converge: take less noise" in " ".join(capsys.readouterr().err.split())


# --- what is printed and drawn ---------------------------------------------------------------------------------------


def test_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "curve", "--no-plot", "--steps", "2", "--noise", "0.02", "--points", "51", "--seed", "3"]) == 0
    demo = fitted(2, 3, noise=0.02, points=51)
    output = capsys.readouterr().out
    head, *steps, title = output.splitlines()[:4]
    assert output.isascii() and head == f"curve: 8 parameters, seed 3, backend {sg.backend()}"
    pulls = [demo.pulls(fit) for fit in demo.fits]
    assert steps == [f"step {k + 1} of 2  noise {fit.noise:.3g}  largest error {max(map(abs, of)):.2f} standard"
                     " errors" for k, (fit, of) in enumerate(zip(demo.fits, pulls))]  # fmt: skip
    assert title.split() == ["first", "fit", "truth", "found", "standard", "error"]
    *rows, coverage, ours, theirs = output.splitlines()[4:]
    for row, name, true, found, error in zip(rows, TRUTH, TRUE, demo.fits[0].parameters, demo.fits[0].errors):
        assert row[:10].strip() == name
        assert [float(text) for text in row[10:].split()] == [true, float(f"{found:.6g}"), float(f"{error:.2g}")]
    inside = sum(abs(pull) < 1.0 for of in pulls for pull in of)
    expected = f"{100 * inside / 16:.1f} % ({inside} of 16); expected: 68.3 %"
    assert len(rows) == 8 and coverage == f"within one standard error of the truth: {expected}"
    calls, jacobians = map(int, re.findall(r"\d+", ours))
    assert ours == f"by gradients: {calls} calls of the curve and {jacobians} Jacobians"
    assert (calls, jacobians) == (demo.fits[0].calls, demo.fits[0].jacobians)
    many, off = re.findall(r"(\d+) calls.* off by (\S+)$", theirs)[0]
    assert int(many) > calls + 7 * jacobians and 1e-9 < float(off) < 1e-5, "a difference per parameter and Jacobian"


def test_calls_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"numbers": 0, "Values": 0}

    def counted(x: Any, p: Any) -> Any:
        counts["numbers" if isinstance(p[0], float) else "Values"] += 1
        return curve(x, p)

    demo = Curve(2, points=20)
    data = curve(demo.x, TRUE)
    monkeypatch.setattr(module, "curve", counted)
    fit = demo.fit(data, demo.by_gradients)
    assert (fit.calls, fit.jacobians) == (counts["numbers"], counts["Values"]) and fit.calls > 3


@pytest.mark.once
@pytest.mark.parametrize(("options", "complaint"), [
    (["--noise", "0"], "--noise: expected a number from 1e-06 to 0.05, got '0'"), (["--noise", "0.06"], "got '0.06'"),
    (["--points", "19"], "--points: expected a whole number from 20 to 2000, got '19'"),
    (["--points", "2001"], "got '2001'"), (["--points", "x"], "got 'x'"), (["--hidden", "8"], "unrecognized arguments"),
])  # fmt: skip
def test_bad_options(options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["demo", "curve", "--no-plot", *options])
    assert stop.value.code == 2 and complaint in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("missing", ["scipy", "numpy"])
def test_without_scipy(missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["demo", "curve", "--no-plot"]) == 1
    printed = capsys.readouterr()
    assert "install it with pip install 'scalargrad[demo]'" in " ".join(printed.err.split())
    assert "step" not in printed.out


@pytest.mark.once
def test_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = pytest.importorskip("matplotlib.figure")
    saved: list[Any] = []
    monkeypatch.setattr(
        figures.Figure, "savefig", lambda figure, path, **options: saved.append((figure, path, options))
    )
    demo = fitted(2)
    demo.draw(str(tmp_path / "curve.png"))
    ((figure, path, options),) = saved
    assert path == str(tmp_path / "curve.png") and options == {"format": "png", "dpi": 150}
    fit, residuals, pulls, correlations, _ = figure.axes
    shown = demo.fits[0]
    names = ["data", "fit", "band 1", "band 2", "background", "truth"]
    assert [text.get_text() for text in fit.get_legend().get_texts()] == names
    assert [line.get_label() for line in fit.lines] == names
    data, *lines, truth = [line.get_data() for line in fit.lines]
    assert (data[0] == demo.x).all() and (data[1] == shown.data).all() and (truth[1] == curve(truth[0], TRUE)).all()
    for part, (x, y), band in zip((curve, first, second, background), lines, fit.collections):
        assert (y == part(x, shown.parameters)).all()
        corners = band.get_paths()[0].vertices
        at = x[150]
        reached = [vertex[1] for vertex in corners if vertex[0] == at]
        half = (max(reached) - min(reached)) / 2.0
        assert half == pytest.approx(1.96 * demo.deviations(part, np.array([at]))[0], rel=1e-9)
    assert (residuals.lines[1].get_ydata() == shown.data - curve(demo.x, shown.parameters)).all()
    assert (residuals.get_xlabel(), fit.get_ylabel()) == ("wavelength (nm)", "absorbance")
    heights = [bar.get_height() for bar in pulls.patches]
    inside = [pull for each in demo.fits for pull in demo.pulls(each) if abs(pull) <= 4.0]
    assert [round(0.5 * height * len(inside)) for height in heights] == np.histogram(inside, 16, (-4, 4))[0].tolist()
    assert pulls.get_title().startswith("errors of 8 parameters in 2 fits")
    matrix = np.asarray(correlations.images[0].get_array())
    assert np.diag(matrix) == pytest.approx(1.0, rel=1e-12)
    assert matrix[0, 1] == pytest.approx(shown.covariance[0, 1] / shown.errors[0] / shown.errors[1], rel=1e-12)
    assert [label.get_text() for label in correlations.get_xticklabels()] == list(TRUTH)


@pytest.mark.once
def test_the_file(tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image")
    path = tmp_path / "curve.png"
    assert main(["demo", "curve", "--steps", "1", "--out", str(path)]) == 0
    assert image.imread(path).shape[:2] == (1140, 1800)
