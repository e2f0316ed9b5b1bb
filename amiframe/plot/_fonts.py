"""Fonts for letters of any script, and a box for letters that no font here has."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import matplotlib as mpl
from matplotlib.font_manager import FontProperties, fontManager, get_font

BOX = "\N{WHITE SQUARE}"
_INVISIBLE = frozenset({"Mn", "Me", "Cf"})

# fonts that systems come with or that people install, for letters which matplotlib's own font lacks
OTHERS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK TC",
    "Noto Sans CJK KR",
    "Noto Sans CJK HK",
    "Noto Sans SC",
    "Noto Sans JP",
    "Noto Sans KR",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "Meiryo",
    "MS Gothic",
    "Malgun Gothic",
    "PingFang SC",
    "Hiragino Sans GB",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "NanumGothic",
    "IPAexGothic",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Nirmala UI",
    "Leelawadee UI",
    "Segoe UI",
    "Noto Emoji",
    "Segoe UI Symbol",
    "Segoe UI Emoji",
    "Noto Sans Symbols",
    "Noto Sans Symbols 2",
    "Symbola",
    "Arial Unicode MS",
    "Unifont",
)


def _is_relevant(record: logging.LogRecord) -> bool:
    """Whether a log record of matplotlib is relevant: that a font of another script has no bold is not."""
    return not (
        str(record.msg).startswith("findfont: Failed to find font weight")
        and set(OTHERS) & set(map(str, record.args or ()))
    )


@contextmanager
def quiet_lookup() -> Iterator[None]:
    """Look up fonts without a log record for each font that has no bold; matplotlib remembers what it found."""
    log = logging.getLogger("matplotlib.font_manager")
    log.addFilter(_is_relevant)
    try:
        yield
    finally:
        log.removeFilter(_is_relevant)


def drawable(text: str) -> str:
    """Return a text with a box for each letter that no font here can draw.

    matplotlib would warn of each of them at each draw.

    Examples
    --------
    >>> drawable("Дмитрий")
    'Дмитрий'
    """
    return text if text.isascii() else "".join(letter if _drawn_by(letter) else _instead(letter) for letter in text)


def families(*texts: str) -> list[str]:
    """Return the fonts that draw these texts: those of matplotlib's style, then the others that are needed.

    Examples
    --------
    >>> families("Anna") == families("Анна")
    True
    """
    own = _own()
    more = {_drawn_by(letter) for text in texts if not text.isascii() for letter in set(text)}
    return [*own, *(name for name in OTHERS if name in more and name not in own)]


def _own() -> tuple[str, ...]:
    return tuple(mpl.rcParams["font.family"])


def _instead(letter: str) -> str:
    if unicodedata.category(letter) in _INVISIBLE:
        return ""
    return BOX if letter == BOX or _drawn_by(BOX) else "?"


def _drawn_by(letter: str) -> str | None:
    """Return the font that draws a letter, upright and bold."""
    own = _own()
    if letter.isascii():
        return own[0]
    return next((name for name in (*own, *_installed()) if ord(letter) in _letters_of(name)), None)


def _installed() -> tuple[str, ...]:
    installed = {font.name for font in fontManager.ttflist}
    return tuple(name for name in OTHERS if name in installed)


def _letters_of(family: str) -> frozenset[int]:
    weights = ("normal", "bold")
    with quiet_lookup():
        files = {str(fontManager.findfont(FontProperties(family=[family], weight=weight))) for weight in weights}
    return frozenset.intersection(*map(_letters_in, sorted(files)))


@lru_cache(maxsize=64)
def _letters_in(file: str) -> frozenset[int]:
    return frozenset(get_font(file).get_charmap())
