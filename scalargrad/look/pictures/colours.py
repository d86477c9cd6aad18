"""The colours of pictures, in light and in dark; as CSS."""

from __future__ import annotations

# By class: of a shape, what fills it and its line; of a text, its colour.
SHAPES = {
    "box": ("#ffffff", "#57606a"),
    "leaf": ("#dff1ff", "#0969da"),
    "constant": ("#f0f0f0", "#8c959f"),
    "folded": ("#f3ecff", "#8250df"),
    "circle": ("#fff4d6", "#9a6700"),
}
TEXTS = {"": "#1b1f24", "slope": "#0a5c2b", "grad": "#a8242f"}
EDGE, GROUND = "#57606a", "#ffffff"

_DARK_SHAPES = {
    "box": ("#161b22", "#8b949e"),
    "leaf": ("#0c2d4d", "#58a6ff"),
    "constant": ("#22262c", "#6e7681"),
    "folded": ("#2a1f45", "#a371f7"),
    "circle": ("#3b2e0a", "#d29922"),
}
_DARK_TEXTS = {"": "#e6edf3", "slope": "#56d364", "grad": "#ff7b72"}
_DARK_EDGE, _DARK_GROUND = "#8b949e", "#0d1117"


def _rules(shapes: dict[str, tuple[str, str]], texts: dict[str, str], edge: str, ground: str) -> str:
    rules = [f".sg text{'.' * bool(name)}{name} {{ fill: {colour}; }}" for name, colour in texts.items()]
    rules += [f".sg .{name} {{ fill: {fill}; stroke: {line}; }}" for name, (fill, line) in shapes.items()]
    rules += [
        f".sg .edge {{ stroke: {edge}; }}",
        f".sg .arrow {{ fill: {edge}; }}",
        f".sg .ground {{ fill: {ground}; }}",
    ]
    return "\n".join(rules)


STYLE = f"""
.sg {{ font: 12px ui-monospace, Menlo, Consolas, monospace; }}
.sg .name {{ font-weight: bold; }} .sg .slope {{ font-size: 11px; }} .sg .edge {{ fill: none; }}
{_rules(SHAPES, TEXTS, EDGE, GROUND)}
@media (prefers-color-scheme: dark) {{
{_rules(_DARK_SHAPES, _DARK_TEXTS, _DARK_EDGE, _DARK_GROUND)}
}}"""
