"""Files of states, by hand: their format, what is refused, and how one is written."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest

from scalargrad import nn
from scalargrad.errors import StateError
from scalargrad.nn import saving

# --- the file ---------------------------------------------------------------------------------------------------------

STATE = {"a": 1.5, "b": [math.inf, -math.inf, -0.0], "c": [[5e-324, 1.7976931348623157e308]]}
TEXT = '{\n"a": 1.5,\n"b": [\n"inf",\n"-inf",\n-0.0\n],\n"c": [\n[\n5e-324,\n1.7976931348623157e+308\n]\n]\n}'


def test_the_file_of_format_1(tmp_path: Path) -> None:
    """What is saved today must be read by what comes later: so the text is written out here."""
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    whole = f'{{\n"format": "scalargrad state 1",\n"sha256": "{digest}",\n"state": {TEXT}\n}}\n'
    path = tmp_path / "model.json"
    saving.write(path, STATE)
    assert path.read_text() == whole
    path.write_text(whole)
    found = saving.read(path)
    assert list(found) == ["a", "b", "c"] and json.dumps(found) == json.dumps(STATE)
    saving.write(path, {"x": math.nan})
    assert math.isnan(saving.read(path)["x"]) and '"nan"' in path.read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", r"{path} is not a state saved by scalargrad, or it is damaged: "),
        (b'{"format": Infinity}',
         r"{path} is not a state saved by scalargrad, or it is damaged: Infinity is not valid JSON"),
        (b"[1]", r"{path} is not a state saved by scalargrad: its format is 'list', not 'scalargrad state 1'"),
        (b"{}", r"{path} is not a state saved by scalargrad: its format is 'None', not 'scalargrad state 1'"),
        (json.dumps({"format": "x" * 100}).encode(),
         r"{path} is not a state saved by scalargrad: its format is 'x{{40}}', not 'scalargrad state 1'"),
        (json.dumps({"format": saving.FORMAT, "sha256": "0", "state": {"a": 1.0}}).encode(),
         r"{path} is damaged: its numbers do not match its checksum"),
        (json.dumps({"format": saving.FORMAT, "sha256": saving._digest([]), "state": []}).encode(),
         r"{path} is damaged: its numbers do not match its checksum"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_state(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(StateError, match="^" + message.format(path=re.escape(str(path)))):
        saving.read(path)


@pytest.mark.parametrize(
    "thing", ["x", "Infinity", True, None, {}, [None], [[["nan", "NaN"]]], 10**400], ids=lambda x: str(x)[:9]
)
def test_what_is_no_number_in_a_file(thing: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    state = {"a": thing}
    text = json.dumps({"format": saving.FORMAT, "sha256": saving._digest(state), "state": state})
    path.write_text(text)
    with pytest.raises(StateError, match=rf"^{re.escape(str(path))} is damaged: an entry is not a number \("):
        saving.read(path)


# --- how it is written ------------------------------------------------------------------------------------------------


def test_the_draft_stands_in_the_folder_of_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another folder, `replace` could cross file systems, which is not one step; through a link, in that of the
    file it names. It is whole, and on the disk, before it takes the place."""
    real, links = tmp_path / "real", tmp_path / "links"
    real.mkdir()
    links.mkdir()
    target, link = real / ("m" * 240 + ".json"), links / "link.json"
    link.symlink_to(target)
    seen: list[tuple[str, Any]] = []
    replace, fsync = os.replace, os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (seen.append(("fsync", os.fstat(file).st_size)), fsync(file)))

    def watched(draft: str, wanted: str) -> None:
        assert not target.exists() or target.read_text() == "old"
        seen.append(("replace", (draft, os.path.getsize(draft))))
        assert wanted == str(target) and saving.read(draft) == STATE
        replace(draft, wanted)

    monkeypatch.setattr(os, "replace", watched)
    drafts = set()
    for _ in range(2):
        seen.clear()
        saving.write(link, STATE)
        (_, size), (_, (draft, whole)) = seen
        assert [what for what, _ in seen] == ["fsync", "replace"] and size == whole == target.stat().st_size
        folder, name = os.path.split(draft)
        assert folder == str(real) and name.startswith(".scalargrad-") and len(name) < 60
        drafts.add(name)
        target.write_text("old")
    assert len(drafts) == 2  # two that save at once do not meet
    assert sorted(os.listdir(real)) == [target.name] and os.listdir(links) == ["link.json"] and link.is_symlink()


def test_names_of_all_kinds(tmp_path: Path) -> None:
    for path in (str(tmp_path / "a"), os.fsencode(tmp_path / "b"), tmp_path / "c"):
        nn.Sequential().save(path)  # type: ignore[arg-type]
        nn.Sequential().load(path)  # type: ignore[arg-type]
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"]


def test_a_new_file_may_be_read_as_others(tmp_path: Path) -> None:
    nn.Sequential().save(tmp_path / "new")
    (tmp_path / "other").write_text("")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("kind", ["folder", "device"])
def test_what_is_no_file_is_not_replaced(kind: str, tmp_path: Path) -> None:
    path = str(tmp_path) if kind == "folder" else os.devnull
    with pytest.raises(OSError, match="not a regular file, so no state can be saved there") as caught:
        nn.Linear(1, 1).save(path)
    assert caught.value.errno == errno.EINVAL and caught.value.filename == os.path.realpath(path)
    assert os.listdir(tmp_path) == [] and not os.path.isfile(os.devnull)


@pytest.mark.parametrize("step", ["open", "write", "fsync", "chmod", "replace"])
@pytest.mark.parametrize(
    ("number", "kind"), [(errno.EACCES, PermissionError), (errno.ENOSPC, OSError), (errno.ENOENT, FileNotFoundError)]
)
def test_an_error_names_the_path_that_was_given(
    step: str, number: int, kind: type[OSError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows the draft, which is gone by then."""
    path = tmp_path / "model.json"
    model = nn.Linear(1, 1)
    model.save(path)
    old = path.read_bytes()
    model.weight.data = 3.0

    def fail(*given: Any, **_: Any) -> Any:
        names = [x for x in given if isinstance(x, str) and "/" in x]
        raise OSError(number, os.strerror(number), *names[:1])

    class Full:
        def __init__(self, file: Any) -> None:
            self.file, self.write, self.fileno = file, fail, file.fileno

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: Any) -> None:
            self.file.close()

    with monkeypatch.context() as patched:
        if step == "write":
            really = open
            patched.setattr("builtins.open", lambda *a, **k: Full(really(*a, **k)))
        else:
            patched.setattr("builtins.open" if step == "open" else f"os.{step}", fail)
        with pytest.raises(kind) as caught:
            model.save(path)
    assert (caught.value.errno, caught.value.filename, caught.value.filename2) == (number, str(path), None)
    assert str(caught.value) == f"[Errno {number}] {os.strerror(number)}: {str(path)!r}"
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["model.json"]


def test_an_error_without_a_number_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (OSError("odd"), KeyboardInterrupt("stop"), MemoryError("none")):

        def fail(*_: Any) -> None:
            raise error

        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(type(error)) as caught:
            nn.Linear(1, 1).save(tmp_path / "model.json")
        assert caught.value is error and os.listdir(tmp_path) == []


def test_a_folder_that_there_is_not(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "model.json", "no/such/model.json"):
        with pytest.raises(FileNotFoundError) as caught:
            nn.Linear(1, 1).save(path)
        assert caught.value.filename == str(path) and ".tmp" not in str(caught.value)
        with pytest.raises(FileNotFoundError, match=re.escape(str(path))):
            nn.Linear(1, 1).load(path)
