r"""The normal forms in which texts are compared: of a formula, and of words.

A formula loses what is typed or printed in many ways: ``8y^7``, ``8y⁷`` and ``$8 y^{7}$`` are one text, and so are
``\frac{\partial \vec{f}}{\partial \vec{x}}``, ``∂f/∂x`` and ``df/dx``. Words lose stop words, hyphens, endings and the
spelling of one country, and what has several names gets one.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from scalargrad.ledger.vocabulary import CHINESE, LATEX, LAYOUT, SAME, SIGNS, STOP

_HAN = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+"
_GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}|\([^()]*\)"
# In this order, before commands are read.
_PRINTED: tuple[tuple[str, str], ...] = (
    (r"\\(?:begin|end)\s*\{\w+\*?\}(?:\{[lcr|]*\})?|\\tag\s*\{[^{}]*\}", " "),
    (r"(\\[td]?frac\s*\w)\s*(?=[\w{\\])", r"\1/"),  # \frac12
    (r"\}\s*\{", "}/{"),  # \frac{a}{b}
    (r"\\(?:wide)?hat\s*\{?\s*(\w)\s*\}?", r"\1hat"),
    (r"(?<![A-Za-z\\])e\s*\^|(?<![A-Za-z])e(?=[⁻ᶠᶻᵘˣ])", "exp"),
    (
        rf"(?:\\sum|∑|Σ|\bsum(?=_))(?:\s*\\limits)?(?:\s*_(?:{_GROUP}|\w+)|[ᵢⱼₖₚ])?(?:\s*\^(?:{_GROUP}|\w))?",
        "Σ ",
    ),  # limits
    (r"\b(\w) x (\w)\b", r"\1×\2"),  # m x n
)


@functools.cache
def fold(formula: str) -> str:
    """A formula without spaces, brackets, dots, fonts, raised and lowered signs, LaTeX, limits of sums, ∂ or d."""
    text = formula
    for printed, same in _PRINTED:
        text = re.sub(printed, same, text)
    text = re.sub(r"\\([a-zA-Z]+)", lambda name: "" if name[1] in LAYOUT else LATEX.get(name[1], name[1]), text)
    text = re.sub(_HAN, " ", unicodedata.normalize("NFKC", text).replace("Δ", "∆").replace("Σ", "∑"))
    text = unicodedata.normalize("NFD", text.lower()).replace("\u0302", "hat")
    for typed, same in SIGNS.items():
        text = text.replace(typed, same)
    return "".join(x for x in text if x not in ' \t\n\r{}()[]_^\\$·|‖&~“”"…?!,;' and not unicodedata.combining(x))


def _stem(word: str) -> str:
    """A word without a plural's ending, in British spelling."""
    if not (word.isascii() and word.isalpha()) or len(word) < 4:
        return word
    word = re.sub(r"i[zs]ation(s?)$|i[zs]ing$|i[zs]e[drs]?$", "ise", word)
    word = re.sub(r"ices$", "ix", word)
    word = re.sub(r"sses$", "ss", word)
    return re.sub(r"(?<![sui])s$", "", word)


def _plain(text: str) -> list[str]:
    """The words of a text, stemmed, without hyphens and the signs around them."""
    text = re.sub(r"(?<=[^\W\d_])[-–](?=[^\W\d_])", " ", text.lower().replace("’", "'").replace("'s ", " "))
    return [_stem(word) for word in (part.strip(",;:!?“”\"'.()[]¶") for part in text.split()) if word]


_NAMES = {" ".join(_plain(name)): " ".join(_plain(same)) for name, same in SAME.items()}
_NAMED = re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, sorted(_NAMES, key=len, reverse=True)))})(?!\S)")


def in_words(text: str) -> list[str]:
    """The words by which a text is searched; of Chinese, the terms that are known."""
    for term, english in CHINESE.items():
        text = text.replace(term, f" {english} ")
    plain = " ".join(_plain(re.sub(_HAN, " ", text)))
    named = _NAMED.sub(lambda name: _NAMES[name[0]], plain).split()
    return [word for word in named if word not in STOP] or named


@functools.cache
def all_words(text: str) -> frozenset[str]:
    """The words that a text has: as they stand, in their other names, and in parts."""
    plain = _plain(text)
    parts = [_stem(part) for word in plain for part in re.findall(r"[^\W_]+", word)]
    return frozenset([*plain, *parts, *in_words(text), *in_words(" ".join(parts))])
