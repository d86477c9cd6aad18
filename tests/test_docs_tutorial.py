"""The tutorial is true: its blocks print and draw what it shows, and its words are explained before they are used."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.support.scripts import loaded

FOLDER = Path(__file__).parent.parent / "docs" / "tutorial"
CHAPTERS = sorted(FOLDER.glob("[0-9]*.md"))
CONTENTS = FOLDER / "README.md"
NEEDS = {"07-handwriting": "sklearn", "08-checking": "hypothesis"}
TRAIN_NETWORKS = {"06-network", "07-handwriting", "10-gpt"}
WRITE = "run: python docs/tutorial/run.py"

run, plots = loaded("docs/tutorial/run"), loaded("docs/tutorial/plots")


@pytest.mark.parametrize(
    "chapter",
    [
        pytest.param(chapter, id=chapter.stem, marks=[pytest.mark.slow_in_python] * (chapter.stem in TRAIN_NETWORKS))
        for chapter in CHAPTERS
    ],
)
def test_a_chapter_prints_and_draws_what_it_shows(
    chapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On both backends: the same text, to the last character, and the same pictures, to the byte."""
    if chapter.stem in NEEDS:
        pytest.importorskip(NEEDS[chapter.stem])
    monkeypatch.chdir(tmp_path)
    text = chapter.read_text(encoding="utf-8")
    assert run.executed(chapter) == text, WRITE
    drawn = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.svg")}
    assert drawn.keys() == set(re.findall(r"\((\w+\.svg)\)", text)) - plots.PLOTS.keys()
    for name, picture in drawn.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == picture, WRITE


@pytest.mark.once
def test_the_curves(tmp_path: Path) -> None:
    """Another version of matplotlib places them otherwise, so what is written in them is compared."""
    pytest.importorskip("matplotlib")
    plots.save(tmp_path)
    for name in plots.PLOTS:
        new, old = (
            sorted(
                filter(
                    None, (element.text for element in ElementTree.parse(folder / name).iter() if "text" in element.tag)
                )
            )
            for folder in (tmp_path, FOLDER)
        )
        assert new == old and len(old) > 7, WRITE
        assert any(f"({name})" in chapter.read_text(encoding="utf-8") for chapter in CHAPTERS)


@pytest.mark.once
def test_every_block_is_run() -> None:
    for chapter in CHAPTERS:
        text = chapter.read_text(encoding="utf-8")
        assert len(run.BLOCK.findall(text)) == text.count("```python") >= 4
        assert not re.search(r"^```(?!python\n|\n)", text, re.MULTILINE)


@pytest.mark.once
@pytest.mark.parametrize(
    "block", ["for k in range(2):\n    k\nprint(k)\n", "def f():\n    x = 1\n\n    return x\n", "print(\n"]
)
def test_a_block_that_a_prompt_refuses(block: str, tmp_path: Path) -> None:
    """A loop that ends without an empty line, a function that an empty line ends, and a bracket that stays open."""
    chapter = tmp_path / "chapter.md"
    chapter.write_text(f"```python\n{block}```\n", encoding="utf-8")
    with pytest.raises(SyntaxError):
        run.executed(chapter)


@pytest.mark.once
def test_a_block_shows_what_a_prompt_shows(tmp_path: Path) -> None:
    chapter = tmp_path / "chapter.md"
    chapter.write_text("```python\nfor k in (3, None):\n    k\n\n'a'\n```\n", encoding="utf-8")
    assert run.executed(chapter).endswith("```\n\n```\n3\n'a'\n```\n")


@pytest.mark.once
def test_each_chapter_leads_to_the_next() -> None:
    """The contents list all, in order."""
    listed = re.findall(r"^\d+\. \[.*\]\((.*)\)", CONTENTS.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [chapter.name for chapter in CHAPTERS]
    for page, following in zip(CHAPTERS, [*CHAPTERS[1:], CONTENTS]):
        assert page.read_text(encoding="utf-8").rstrip().splitlines()[-1].endswith(f"({following.name})")


def prose(chapter: Path) -> str:
    """A chapter in one line, without code, headings, what stands for pictures, and where links lead."""
    text = chapter.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^(#+ |Next: |Back to ).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\]\([^)]*\)", "]", re.sub(r"!\[.*?\]", "", text))
    return re.sub(r"\s+", " ", re.sub(r"`[^`\n]*`", "", text))


def explained(text: str) -> list[str]:
    """The words that are explained in a text, which is one line: they are bold."""
    return [word for word in re.findall(r"\*\*([^*]+)\*\*", text) if not word.endswith("?")]


@pytest.mark.once
def test_a_word_is_explained_once_and_before_it_is_used() -> None:
    text = " ".join(map(prose, CHAPTERS))
    words = explained(text)
    assert len(words) == len(set(words)) > 40
    for word in words:
        used = re.compile(rf"\b{re.escape(word.removesuffix('s'))}s?\b", re.IGNORECASE)
        assert not used.search(text[: text.index(f"**{word}**")]), word


@pytest.mark.once
def test_the_contents_list_the_words() -> None:
    contents = re.sub(r"\s+", " ", CONTENTS.read_text(encoding="utf-8"))
    for chapter in CHAPTERS:
        words = re.findall(rf"- \[chapter \d+\]\({re.escape(chapter.name)}\): (.*?)(?= - \[| ?$)", contents)
        assert [line.lower().split(", ") for line in words] == [[w.lower() for w in explained(prose(chapter))]]
