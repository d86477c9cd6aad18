"""The pure-Python backend: attributes of leaves, and labels. A leaf has one dict for them, in place of an index.

So a handle is no larger for them. An interior node has no attributes, because it may have several handles; its label is
in its graph. The C core has a dict too, and csrc/python/labels.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scalargrad import convert


class Attributes:
    """What a handle does with attributes that are none of its type. Code of this folder sets the slots directly."""

    __slots__ = ()

    if not TYPE_CHECKING:  # type checkers would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):
                return object.__getattribute__(self, name)  # raises again what its property has raised
            if self._graph is None and self._index and name in self._index:
                return self._index[name]
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

        def __setattr__(self, name: str, value: Any) -> None:
            if hasattr(type(self), name):
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
                object.__setattr__(self, "_index", {})
            return self._index


def label(node: Any) -> str:
    labels, place = (node._index, "label") if node._graph is None else (node._graph.labels, node._index)
    return labels.get(place, "") if labels else ""


def set_label(node: Any, text: str) -> None:
    """Sets the label of a node; an empty one removes it."""
    if node._graph is None:
        labels, place = node._index, "label"
        if labels is None:
            labels = {}
            object.__setattr__(node, "_index", labels)
    else:
        if node._graph.labels is None:
            node._graph.labels = {}
        labels, place = node._graph.labels, node._index
    labels[place] = text
    if not text:
        del labels[place]
