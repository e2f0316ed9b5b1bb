"""HTML whose type says that it is escaped: the one escape and the one builder of elements."""

from __future__ import annotations

import re
from collections.abc import Iterable

import markupsafe
from markupsafe import Markup

__all__ = ["Markup", "element", "escape", "join"]

_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f]")


def escape(value: object) -> Markup:
    r"""Return a value as HTML; Markup stays as it is, control characters become visible.

    Examples
    --------
    >>> print(escape('<img src=x onerror="1">'), escape("a\x07b"))
    &lt;img src=x onerror=&#34;1&#34;&gt; a�b
    """
    return value if isinstance(value, Markup) else markupsafe.escape(_INVISIBLE.sub("\ufffd", str(value)))


def join(parts: Iterable[object], separator: str = "") -> Markup:
    """Return parts as one piece of HTML; what is not Markup is escaped.

    Examples
    --------
    >>> print(join([element("b", "1"), " < 2"]))
    <b>1</b> &lt; 2
    """
    return escape(separator).join(map(escape, parts))


def element(name: str, *content: object, **attributes: object) -> Markup:
    """Return an element; its content and its attributes are escaped.

    Parameters
    ----------
    name : str
        Of its tag.
    *content : object
        What stands in it.
    **attributes : object
        ``class_`` is ``class``, ``aria_label`` is ``aria-label``; None and the empty text are left out.

    Examples
    --------
    >>> print(element("td", "a < b", class_="amf-num", title=None))
    <td class="amf-num">a &lt; b</td>
    """
    pairs = [
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), escape(value))
        for key, value in attributes.items()
        if value not in (None, "")
    ]
    return Markup("<{}{}>{}</{}>").format(name, join(pairs), join(content), name)
