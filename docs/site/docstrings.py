"""An extension of griffe: docstrings as Markdown, and of each class the members that are described nowhere else."""

from __future__ import annotations

import inspect
import re
from pkgutil import resolve_name
from typing import Any

import griffe

import scalargrad
from scalargrad import errors, nn, optim, testing
from scalargrad.look.drawing import Drawing
from scalargrad.look.explaining import Explanation
from scalargrad.look.summaries.graphs import GraphSummary
from scalargrad.look.summaries.modules import ModuleSummary
from scalargrad.table import faces, ops

_PART = re.compile(r"(^>>> .*?(?=\n\s*\n|\Z))|(``.+?``)|`([^`]+)`|[\\*_\[\]<]", re.DOTALL | re.MULTILINE)
_FUNCTIONS = {row.name for row in faces.FUNCTIONS} | set(ops.NUMPY)  # each is also a method, of Value and of arrays
_NUMBERS = ("scalargrad.value", "scalargrad.arrays")
_UNMISTAKABLE = ("no_grad", "detect_anomaly", "custom_vjp", "value_and_grad")  # a `grad` may be a parameter


def _references() -> dict[str, str]:
    """What a docstring calls `Value`, `ShapeError` or `scalargrad.sum`: where it is described."""
    found = {}
    for module in (scalargrad, nn, optim, testing, errors):
        names = [name for name in dir(module) if name[0].isupper() or name in _UNMISTAKABLE]
        found |= {name: f"{module.__name__}.{name}" for name in names}
    for result in (Drawing, Explanation, GraphSummary, ModuleSummary):
        found[result.__name__] = f"{result.__module__}.{result.__name__}"
    return found | {f"scalargrad.{name}": f"scalargrad.{name}" for name in dir(scalargrad)}


class Docstrings(griffe.Extension):
    def __init__(self) -> None:
        self.references = _references()

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            self.own = obj.name
            obj.docstring.value = _PART.sub(self.markdown, obj.docstring.value)

    def markdown(self, part: re.Match[str]) -> str:
        """An example as a block of code, a name as a link, and a sign that Markdown would take for its own as text."""
        text, (example, code, name) = part[0], part.groups()
        if example:
            return f"```pycon\n{text}\n```"
        place = self.references.get(name) if name != self.own else None
        sign = "&lt;" if text == "<" else f"\\{text}"  # Markdown shows the backslash of \\<
        return f"[{text}][{place}]" if place else text if code or name else sign

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """What a class is, beside its docstring, and of its members those that are described nowhere else."""
        live = resolve_name(f"{cls.module.path}:{cls.path.removeprefix(cls.module.path + '.')}")
        if fields := getattr(live, "_fields", None):
            cls.docstring.value += f"\n\nA named tuple of {', '.join(f'`{field}`' for field in fields)}."
        if issubclass(live, BaseException):
            bases = _PART.sub(self.markdown, " and ".join(f"`{base.__name__}`" for base in live.__bases__))
            cls.docstring.value += f"\n\nA kind of {bases}."
        described = _FUNCTIONS if cls.module.path.startswith(_NUMBERS) else ()
        for name in list(cls.members):
            if name in described or not _says(name, inspect.getattr_static(live, name, None)):
                del cls.members[name]


def _says(name: str, member: object) -> bool:
    """Whether a member says something of its own, and not only what to write instead."""
    if name == "__init__":
        return inspect.isfunction(member)  # its parameters are the signature of the class
    if isinstance(member, errors.Absent) or not (callable(member) or inspect.isdatadescriptor(member)):
        return False
    text = inspect.getdoc(member) or ""
    return text != "" and not text.startswith("Alias for field number")  # of a named tuple
