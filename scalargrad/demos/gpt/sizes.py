"""What both forms of the transformer have in common: its sizes, and two numbers."""

from __future__ import annotations

from typing import NamedTuple

from scalargrad.errors import ArgumentError

SPREAD = 0.08  # the standard deviation of new weights
EPS = 1e-5  # added to a mean of squares


class Sizes(NamedTuple):
    """The sizes of a transformer. By default they are microgpt's."""

    tokens: int  # the characters of a text, and the mark of its ends
    width: int = 16  # numbers per token
    heads: int = 4
    layers: int = 1
    block: int = 16  # the most tokens that it reads

    @property
    def head_width(self) -> int:
        """Numbers per head. Raises `ArgumentError` if the heads do not divide the width."""
        if self.width % self.heads:
            raise ArgumentError(f"{self.heads} heads do not divide the width, {self.width}")
        return self.width // self.heads
