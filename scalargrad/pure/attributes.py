"""The pure-Python backend: attributes of leaves, and labels. A leaf has one dict for them, in place of an index.

So a handle is no larger for them. An interior node has no attributes, because it may have several handles; its label is
in its graph. The C core has a dict too, and csrc/python/labels.c.

A class with a method `__getattr__` reads all its attributes slowly, those of the hot path too. So the class gets a
descriptor for each name that some leaf has; it shows on no other object, and not on the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scalargrad import convert
from scalargrad.errors import MissingNameError
from scalargrad.names import TENSOR_ATTRIBUTES


class _Attribute:
    """Reads an attribute of that name from the dict of a leaf."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, node: Any, cls: type) -> Any:
        if node is None:
            raise AttributeError(f"{cls.__name__!r} has no attribute {self.name!r}", name=self.name, obj=cls)
        if node._graph is None and node._index and self.name in node._index:
            return node._index[self.name]
        text = f"{cls.__name__!r} object has no attribute {self.name!r}"
        if self.name in TENSOR_ATTRIBUTES:
            raise MissingNameError(text, TENSOR_ATTRIBUTES[self.name])
        raise AttributeError(text, name=self.name, obj=node)


class _Own(dict[str, Any]):
    """The attributes of a leaf that are not the type's. The class can read each of them by its name."""

    __slots__ = ()

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in vars(Attributes):
            setattr(Attributes, name, _Attribute(name))
        dict.__setitem__(self, name, value)

    def update(self, *given: Any, **named: Any) -> None:
        for name, value in dict(*given, **named).items():
            self[name] = value

    def setdefault(self, name: str, value: Any = None) -> Any:
        if name not in self:
            self[name] = value
        return self[name]

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
        self.update(other)
        return self


class Attributes:
    """What a handle does with attributes that are none of its type. Code of this folder sets the slots directly."""

    __slots__ = ()

    if not TYPE_CHECKING:  # type checkers would take any name for an attribute

        def __setattr__(self, name: str, value: Any) -> None:
            if hasattr(type(self), name) or name[:2] == name[-2:] == "__":
                object.__setattr__(self, name, value)
            elif self._graph is not None:
                convert.no_attribute(self, name)
            else:
                vars(self)[name] = value

        def __delattr__(self, name: str) -> None:
            if hasattr(type(self), name):
                object.__delattr__(self, name)
            elif self._graph is not None:
                convert.no_attribute(self, name)
            elif vars(self).pop(name, self) is self:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

        @property
        def __dict__(self) -> dict[str, Any]:
            """The attributes of a leaf that are not the type's."""
            if self._graph is not None:
                convert.no_attribute(self, "__dict__")
            if self._index is None:
                object.__setattr__(self, "_index", _Own())
            return self._index


def label(node: Any) -> str:
    labels, place = (node._index, "label") if node._graph is None else (node._graph.labels, node._index)
    return labels.get(place, "") if labels else ""


def set_label(node: Any, text: str) -> None:
    """Sets the label of a node; an empty one removes it."""
    if node._graph is None:
        labels, place = node._index, "label"
        if labels is None:
            labels = _Own()
            object.__setattr__(node, "_index", labels)
    else:
        if node._graph.labels is None:
            node._graph.labels = {}
        labels, place = node._graph.labels, node._index
    if text:
        dict.__setitem__(labels, place, text)  # no attribute: the type has a property of this name
    else:
        labels.pop(place, None)
