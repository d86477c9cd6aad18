"""The page itself: the picture, the frames and the paths as data, and the script that shows them, in one file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from scalargrad.look import telling
from scalargrad.look.page.frames import Frame, frames
from scalargrad.look.paths import Path
from scalargrad.look.pictures.scene import Box, arranged
from scalargrad.look.pictures.svg import svg
from scalargrad.look.steps import Step


def page(
    steps: Sequence[Step],
    names: Sequence[str],
    last: int,
    boxes: Sequence[Box],
    paths: Sequence[Path] = (),
    told: Sequence[str] = (),
) -> str:
    """The text of the page. With `paths` it lists these too, after `told[0]` and before the rest of it."""
    shown = frames(steps, names, last)
    longest = [0] * len(steps)
    for frame in shown:
        longest[frame["node"]] = max(longest[frame["node"]], len(f"grad {frame.get('shown', '')}"))
    scene = arranged([box._replace(least=wide) for box, wide in zip(boxes, longest)], downwards=False)
    title = f"The chain rule for {names[last]}, step by step"
    nodes = [
        {"name": name, "constant": step.is_constant, "data": repr(step.data), "operands": step.operands}
        for step, name in zip(steps, names)
    ]
    ways = [
        {"nodes": path.steps, "edges": [f"{k}-{n}" for k, n in zip(path.steps[1:], path.places)],
         "product": repr(path.product), "line": _told(path, steps, names)}
        for path in paths
    ]  # fmt: skip
    # the list of steps, below, has `brief`
    seen = [{key: x for key, x in frame.items() if key != "brief"} for frame in shown]
    data = json.dumps({"nodes": nodes, "frames": seen, "paths": ways}, separators=(",", ":"))
    script = _file("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template(_file("page.html")).substitute(
        title=escape(title),
        style=_file("page.css"),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        picture=svg(scene, title),
        steps="\n".join(_step(k, frame) for k, frame in enumerate(shown)),
        paths=_listed(ways, told) if ways else "",
        data=data.replace("<", r"\u003c"),  # so that no label ends the script
        script=script,
    )


def _file(name: str) -> str:
    return files("scalargrad.look.page").joinpath(name).read_text(encoding="utf-8")


def _told(path: Path, steps: Sequence[Step], names: Sequence[str]) -> str:
    return " = ".join(telling.product(path, steps, names, arrow="→").sides)


def _step(k: int, frame: Frame) -> str:
    return f'<li class="{frame["phase"]}"><button type="button" data-step="{k}">{escape(frame["brief"])}</button></li>'


def _listed(ways: Sequence[Frame], told: Sequence[str]) -> str:
    """The section of the paths."""
    rows = "\n".join(
        f'<li><button type="button" data-path="{k}" aria-pressed="false" title="exactly {way["product"]}">'
        f"{escape(way['line'])}</button></li>"
        for k, way in enumerate(ways)
    )
    rest = "".join(f"<p>{escape(line)}</p>" for line in told[1:])
    title = f'<h2 id="paths-title">{escape(told[0])}</h2>'
    return f'<section id="paths" aria-labelledby="paths-title">{title}<ol>{rows}</ol>{rest}</section>'
