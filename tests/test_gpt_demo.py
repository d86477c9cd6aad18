"""The command `demo gpt`: what it prints and draws, its options, and how it fails."""

from __future__ import annotations

import argparse
import math
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import extras
from scalargrad.__main__ import main
from scalargrad.datasets import load_names
from scalargrad.demos import running
from scalargrad.demos.gpt import bulk, picture
from scalargrad.demos.gpt.demo import Gpt, cells, columns, fitting, shown
from scalargrad.demos.gpt.sizes import Sizes
from scalargrad.demos.gpt.text import Text
from scalargrad.demos.picture import VERMILION
from scalargrad.errors import ArgumentError

QUICK = ["--width", "4", "--heads", "2", "--block", "5", "--no-plot"]
LINE = re.compile(r"step +(\d+) of (\d+)  loss (\d+\.\d+)  mean (\d+\.\d+)")
WORDS = ["abc", "edcba", "deed"]


@pytest.fixture
def words(tmp_path: Path) -> str:
    path = tmp_path / "words.txt"
    path.write_text("abc\n\n  edcba \r\ndeed\n", encoding="utf-8")
    return str(path)


def printed(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    assert main(["demo", "gpt", *QUICK, *options]) == 0
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("note: ")]  # without rich


# --- what is printed -------------------------------------------------------------------------------------------------


def test_a_run(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--text", words, "--steps", "10", "--samples", "7", "--seed", "3")
    twin = Gpt(3, WORDS, width=4, heads=2, block=5, samples=7)
    told = [*twin.tell(10)]
    verdict = twin.verdict().splitlines()
    assert lines[0] == f"gpt: {len(twin.parameters())} parameters, seed 3, backend {sg.backend()}"
    assert "mean" in lines[1]
    steps = [found.groups() for line in lines if (found := LINE.fullmatch(line))]
    means = [sg.mean(twin.losses[: k + 1]) for k in range(10)]
    assert steps == [(str(k + 1), "10", f"{twin.losses[k]:#.5g}", f"{means[k]:#.5g}") for k in range(10)]
    assert [line for line in lines[2:-3] if not LINE.fullmatch(line)] == [each.line for each in told if each.line]
    assert lines[-len(verdict) :] == verdict
    new = sum(name not in WORDS for name in twin.invented if name)
    assert verdict[:2] == [
        f"mean loss of the last 10 steps {sg.mean(twin.losses):#.5g}; a guess among 6 characters has 1.7918",
        f"7 invented, {new} of them new; a * marks those in the text",
    ]
    names = re.findall(r"(\S+)( \*)?", " ".join(verdict[2:]))
    assert [name for name, _ in names] == [name or "(empty)" for name in twin.invented]
    assert [bool(star) for _, star in names] == [name in WORDS for name in twin.invented]


@pytest.mark.parametrize(("lines", "block", "wanted"), [
    (["abcdef", "bad", "abcdefgh"], 5, "5 characters, the rest unread: 2 of 3; --block 8 reads more"),
    (["a" * 300, "b"], 5, "5 characters, the rest unread: 1 of 2; --block 256 reads more"),
    (["a" * 300, "b"], 256, "256 characters, the rest unread: 1 of 2"), (["abcde"], 5, ""),
])  # fmt: skip
def test_lines_that_are_longer_than_the_block(lines: list[str], block: int, wanted: str) -> None:
    demo = Gpt(3, lines, width=2, heads=1, block=block)
    list(demo.train(1))
    demo.invented = [lines[0][:block], "ba"]
    _, *found = demo.verdict().splitlines()
    told = [f"lines cut at {wanted}"] if wanted else []
    assert found[: len(told) + 1] == [*told, "2 invented, 1 of them new; a * marks those in the text"]
    assert " ".join(found[len(told) + 1 :]).split() == [lines[0][:block], "*", "ba"]


def test_what_it_invented_stays() -> None:
    demo = Gpt(3, WORDS, width=4, heads=2, block=5, samples=3)
    first = [*demo.tell(2)] and demo.verdict()
    assert demo.verdict() == first and len(demo.invented) == 3
    assert [*demo.tell(1)] and not demo.invented
    with pytest.raises(ArgumentError, match="needs documents"):
        Gpt(3, [])
    with pytest.raises(ArgumentError, match="temperature must be positive, got 0"):
        Gpt(3, WORDS, temperature=0)


def test_it_learns_a_text_by_heart(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--text", words, "--steps", "60", "--rate", "0.08", "--temperature", "0.1")
    assert "20 invented, 0 of them new; a * marks those in the text" in lines
    assert {*re.findall(r"(\w+) \*", "\n".join(lines[-4:]).replace("a * marks", ""))} <= {*WORDS}


def test_it_may_have_more_layers_and_numbers(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--text", words, "--steps", "2", "--layers", "3", "--form", "numbers")
    assert lines[0].startswith(f"gpt: {2 * 6 * 4 + 5 * 4 + 3 * 12 * 4 * 4} parameters, seed 42,")
    again = printed(capsys, "--text", words, "--steps", "2", "--layers", "3", "--form", "matrix")
    assert lines == again


def test_live_bar_on_a_terminal(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rich")
    monkeypatch.setattr(extras, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    output = "\n".join(printed(capsys, "--text", words, "--steps", "3"))
    twin = Gpt(42, WORDS, width=4, heads=2, block=5)
    told = [*twin.tell(3)]
    assert "step 3 of 3" in output and told[-1].state in output and told[0].line in output
    assert output.endswith(twin.verdict()), "rich draws random numbers, too"


def test_without_any_library(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("matplotlib", "rich", "sklearn", "numpy"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(extras, "on_terminal", lambda: True)
    assert main(["demo", "gpt", *QUICK[:-1], "--text", words, "--steps", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    notes = [line for line in lines if line.startswith("note:")]
    assert [note.partition("scalargrad[")[2] for note in notes] == ["demo]'"] * 2
    assert sum(bool(LINE.fullmatch(line)) for line in lines) == 3 and not lines[-1].startswith("picture")


@pytest.mark.once
def test_how_samples_are_printed() -> None:
    assert [shown(line) for line in ("", "a\x1b[31m", "été")] == ["(empty)", "a\\x1b[31m", "été"]
    assert fitting(["a" * 30] * 5) == "  " + "  ".join(["a" * 30] * 2)
    assert fitting(["a" * 90, "b"]) == "  " + "a" * 90
    assert fitting(["a", "b"]) == "  a  b"
    assert columns(["a" * 37, "b", "c"]) == ["  " + "a" * 37 + "  b", "  c"]
    assert columns(["a" * 90, "b"]) == ["  " + "a" * 90, "  b"]
    # a Chinese character takes two columns of a terminal, and an accent of its own none
    assert [cells(text) for text in ("ab", "世界", "e\u0301")] == [2, 4, 1]
    assert columns(["世界", "abcd", "e\u0301"]) == ["  世界  abcd  e\u0301"]
    assert fitting(["世" * 20] * 2) == "  " + "世" * 20


@pytest.mark.once
def test_what_a_program_may_do_beyond_the_options() -> None:
    for form in ("matrix", "numbers"):
        with pytest.raises(ArgumentError, match="3 heads do not divide the width, 8"):
            Gpt(3, WORDS, form, width=8, heads=3)
    demo = Gpt(3, ["ab"], width=4, heads=2)
    first, second = list(demo.train(20)), list(demo.train(20))
    assert second[0] < first[-1] and second[-1] < second[1] and demo.optimiser.lr == 0.0


# --- the text --------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_the_names() -> None:
    names = load_names()
    assert len(names) == len({*names}) == 5163 and names == sorted(names)
    assert {*"".join(names)} == {*"abcdefghijklmnopqrstuvwxyz"} and max(map(len, names)) == 11
    assert {"mary", "james", "patricia", "aaron", "zulma"} <= {*names}


@pytest.mark.once
def test_tokens() -> None:
    text = Text(["ba", "c", "aß"])
    assert (text.characters, text.end) == ("abcß", 4)
    assert [text.tokens(k) for k in range(4)] == [[4, 1, 0, 4], [4, 2, 4], [4, 0, 3, 4], [4, 1, 0, 4]]
    assert text.decoded([3, 0, 2]) == "ßac"


@pytest.mark.once
@pytest.mark.parametrize(("content", "complaint"), [
    (None, "No such file or directory"), (b"", "is empty: it needs a document per line"),
    (b" \n\t\n", "is empty: it needs a document per line"), (b"a\xff\n", "it is not a text in UTF-8"),
    (b"abc\0def\n", "it contains a zero byte"),
])  # fmt: skip
def test_a_text_that_cannot_be_read(
    content: bytes | None, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    for given, why in ((path, complaint), (tmp_path, "Is a directory")):
        with pytest.raises(SystemExit) as stop:
            main(["demo", "gpt", *QUICK, "--text", str(given)])
        said = " ".join(capsys.readouterr().err.split())
        assert stop.value.code == 2 and "argument --text: " in said and why in said


# --- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(("options", "complaint"), [
    (["--width", "0"], "--width: expected a whole number from 1 to 256"),
    (["--width", "257"], "--width: expected a whole number from 1 to 256"),
    (["--layers", "0"], "--layers: expected a whole number"),
    (["--block", "x"], "--block: expected a whole number"), (["--samples", "-1"], "--samples: expected a whole number"),
    (["--heads", "3"], "--heads: 3 heads do not divide the width, 4"),
    (["--rate", "0"], "--rate: expected a positive number, got '0'"),
    (["--rate", "nan"], "--rate: expected a positive number"),
    (["--temperature", "inf"], "--temperature: expected a positive number"),
    (["--temperature", "-1"], "--temperature: expected a positive number"),
    (["--temperature", "warm"], "--temperature: expected a positive number, got 'warm'"),
    (["--form", "tensor"], "--form: invalid choice: 'tensor'"), (["--steps", "0"], "--steps: expected a whole number"),
])  # fmt: skip
def test_bad_options(options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["demo", "gpt", *QUICK, *options])
    captured = capsys.readouterr()
    assert stop.value.code == 2 and complaint in " ".join(captured.err.split())
    assert all(line.startswith("note: ") for line in captured.out.splitlines()), "nothing is begun"


@pytest.mark.once
def test_the_defaults_are_those_of_microgpt() -> None:
    parser = argparse.ArgumentParser()
    running.add_parser(parser.add_subparsers(), Gpt)
    options = vars(parser.parse_args(["gpt"]))
    wanted = {
        "seed": 42, "steps": 1000, "width": 16, "heads": 4, "layers": 1, "block": 16, "samples": 20, "rate": 0.01,
        "temperature": 0.5, "text": None, "form": "matrix",
    }  # fmt: skip
    assert {name: options[name] for name in wanted} == wanted
    assert Sizes(27) == (27, 16, 4, 1, 16)


@pytest.mark.once
def test_a_loss_that_overflows_is_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bulk.Gpt, "loss", lambda model, tokens: sg.Value(1e300) * 1e300)
    assert main(["demo", "gpt", *QUICK]) == 1
    assert "the loss became inf at step 1: use a smaller --rate" in " ".join(capsys.readouterr().err.split())


# --- the picture -----------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that were to be saved."""
    figure = pytest.importorskip("matplotlib.figure").Figure
    kept: list[Any] = []

    def keep(figure: Any, path: Any, **options: Any) -> None:
        assert options == {"format": "png", "dpi": 150}
        kept.append(figure)

    monkeypatch.setattr(figure, "savefig", keep)
    return kept


def drawn(steps: int, **settings: Any) -> Gpt:
    demo = Gpt(3, WORDS, **{"width": 6, "heads": 2, "block": 5, **settings})
    for _ in demo.train(steps):
        pass
    demo.invented = ["edcbaa"]
    demo.draw("x.png")
    return demo


@pytest.mark.once
@pytest.mark.parametrize("form", ["matrix", "numbers"])
def test_the_picture(form: str, saved: list[Any]) -> None:
    demo = drawn(120, form=form)
    losses, characters, *heads = saved[0].axes
    points, means, guess = losses.lines
    assert [*points.get_ydata()] == demo.losses and [*points.get_xdata()] == [*range(1, 121)]
    assert [*means.get_ydata()] == pytest.approx([sg.mean(demo.losses[max(k - 100, 0) : k]) for k in range(1, 121)])
    assert [*guess.get_ydata()] == [math.log(6)] * 2
    assert [text.get_text() for text in characters.texts] == [*"abcde", "\N{BULLET}"]
    assert {text.get_text() for text in characters.texts if text.get_color() == VERMILION} == {*"ae"}
    assert [axes.get_title() for axes in heads] == ["head 1", "head 2"]
    twin = Gpt(3, WORDS, width=6, heads=2, block=5)
    for p, q in zip(twin.parameters(), demo.parameters()):
        p.data = q.data
    for axes, rows in zip(heads, twin.model.attention([5, 4, 3, 2, 1])[0]):  # the first five tokens
        image = axes.images[0].get_array().filled(-1.0).tolist()
        assert image == [
            [share if k <= row else -1.0 for k, share in enumerate(shares)] for row, shares in enumerate(rows)
        ]
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            assert [label.get_text() for label in labels] == ["\N{BULLET}", *"edcb"]
    assert saved[0].subfigs[1].get_suptitle().startswith('attention in "edcb\N{HORIZONTAL ELLIPSIS}": ')


@pytest.mark.once
def test_a_long_title_is_cut(saved: list[Any]) -> None:
    demo = Gpt(3, ["\x1b" * 9], width=6, heads=2, block=9)
    demo.invented = ["\x1b" * 9]
    for _ in demo.train(1):
        pass
    demo.draw("x.png")
    assert saved[0].subfigs[1].get_suptitle() == (
        'attention in "' + "\\x1b" * 6 + '\N{HORIZONTAL ELLIPSIS}": how much a row takes from each column'
    )


@pytest.mark.once
def test_a_layer_is_a_row_of_heads(saved: list[Any]) -> None:
    drawn(1, layers=5, heads=6, width=6)
    heads = [axes for axes in saved[0].axes[2:] if axes.get_visible()]
    assert all(tick.is_integer() for tick in saved[0].axes[0].get_xticks())  # no step 1.5 after few steps
    assert [axes.get_title() for axes in heads] == [f"layer {k}, head {h}" for k in range(1, 5) for h in range(1, 5)]


@pytest.mark.once
@pytest.mark.parametrize(("text", "width"), [(["a$b$c", "\x1b[31m", "日本語"], 6), (["a"], 1)])
def test_a_picture_of_any_text(text: list[str], width: int, tmp_path: Path) -> None:
    """Without a warning, though a font may lack the characters; and nothing is read as a formula."""
    image = pytest.importorskip("matplotlib.image")
    demo = Gpt(3, text, width=width, heads=1, block=8)
    for _ in demo.train(1):
        pass
    demo.invented = [text[0], ""]
    demo.draw(str(tmp_path / "x.png"))
    assert image.imread(tmp_path / "x.png").shape[:2] == (1050, 1800)


@pytest.mark.once
def test_the_plane_has_the_largest_variance() -> None:
    pytest.importorskip("numpy")
    points = picture.plane([[3.0, 1.0, 0.0], [-3.0, 1.0, 0.1], [0.0, 2.0, 0.0], [0.0, 0.0, 0.1]])
    for point, wanted in zip(points, [(3.0, 0.0), (3.0, 0.0), (0.0, 1.0), (0.0, 1.0)]):
        assert [*map(abs, point)] == pytest.approx(wanted, abs=0.06)
    assert picture.plane([[1.0], [3.0]]) in ([(-1.0, 0.0), (1.0, 0.0)], [(1.0, 0.0), (-1.0, 0.0)])
