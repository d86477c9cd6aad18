"""The text that a transformer learns from, one document per line, and the tokens of its characters."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence


def documents(path: str) -> list[str]:
    """The lines of a file that have more than spaces. Raises argparse's error if there are none, or it is no text."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, ValueError) as error:  # a ValueError for other bytes than UTF-8, and for a path with a NUL
        why = error.strerror if isinstance(error, OSError) else "it is not a text in UTF-8"
        raise argparse.ArgumentTypeError(f"cannot read {path}: {why}") from None
    if "\0" in text:
        raise argparse.ArgumentTypeError(f"cannot read {path}: it is not a text, since it contains a zero byte")
    found = [line.strip() for line in text.split("\n") if line.strip()]
    if not found:
        raise argparse.ArgumentTypeError(f"{path} is empty: it needs a document per line, such as a name")
    return found


class Text:
    """Documents in their order. Each character is a token, by the order of characters; `end` marks both ends."""

    def __init__(self, documents: Sequence[str]) -> None:
        self.documents = documents
        self.characters = "".join(sorted({*"".join(documents)}))
        self.end = len(self.characters)
        self._tokens = {character: token for token, character in enumerate(self.characters)}

    def tokens(self, k: int) -> list[int]:
        """The tokens of document k, with the mark before it and after it. After the last document comes the first."""
        return [self.end, *self.encoded(self.documents[k % len(self.documents)]), self.end]

    def encoded(self, document: str) -> list[int]:
        """The tokens of the characters."""
        return [self._tokens[character] for character in document]

    def decoded(self, tokens: Iterable[int]) -> str:
        """The text of tokens, without the mark."""
        return "".join(self.characters[token] for token in tokens)
