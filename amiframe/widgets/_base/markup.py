"""What a widget shows, as plain HTML that needs no kernel and no script; every text of the PBX is escaped here.

Colours come from the page's theme (JupyterLab, Voila), and where there is none from what the reader's system prefers.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

STYLE = """<style>
.amf {
  --amf-ink: var(--jp-ui-font-color1, #1f2328); --amf-muted: var(--jp-ui-font-color2, #59636e);
  --amf-paper: var(--jp-layout-color1, #fff); --amf-rule: var(--jp-border-color2, #d1d9e0);
  --amf-shade: var(--jp-layout-color2, #f6f8fa); --amf-good: #1a7f4e; --amf-bad: #c4291c; --amf-warn: #8a5a00;
  --amf-new: #dff5e6; --amf-gone: #fde4e1; --amf-changed: #fff3cd;
  color: var(--amf-ink); font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif);
}
[data-jp-theme-light="false"] .amf {
  --amf-good: #4cc38a; --amf-bad: #ff8b80; --amf-warn: #f0c04a;
  --amf-new: #12402a; --amf-gone: #4f1f1b; --amf-changed: #4a3b0c;
}
@media (prefers-color-scheme: dark) { body:not([data-jp-theme-light]) .amf {
  --amf-ink: var(--jp-ui-font-color1, #e6edf3); --amf-muted: var(--jp-ui-font-color2, #9198a1);
  --amf-paper: var(--jp-layout-color1, #0d1117); --amf-rule: var(--jp-border-color2, #3d444d);
  --amf-shade: var(--jp-layout-color2, #161b22); --amf-good: #4cc38a; --amf-bad: #ff8b80; --amf-warn: #f0c04a;
  --amf-new: #12402a; --amf-gone: #4f1f1b; --amf-changed: #4a3b0c;
} }
.amf-panel .widget-html-content { min-width: 0; }
.amf h3 { font-size: 15px; margin: 0 0 4px; } .amf h4 { font-size: 13px; margin: 8px 0 2px; }
.amf-scroll { overflow: auto; box-sizing: border-box; width: fit-content; max-width: 100%; border-radius: 4px;
  border: 1px solid var(--amf-rule); }
.amf table.amf-table { border-collapse: collapse; margin: 0; font-size: 12px; color: var(--amf-ink); }
.amf table.amf-table th, .amf table.amf-table td {
  text-align: left; padding: 3px 8px; border: 0; border-bottom: 1px solid var(--amf-rule); white-space: pre-wrap;
  overflow-wrap: break-word; vertical-align: top; min-width: 2em; background: none; max-width: 36em;
}
.amf table.amf-short td { white-space: pre; }
.amf table.amf-table th { white-space: nowrap; background: var(--amf-shade); position: sticky; top: 0; font-weight: 600;
  overflow-wrap: normal; }
.amf table.amf-table .amf-num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.amf table.amf-table caption { text-align: left; padding: 3px 8px; color: var(--amf-muted); }
.amf tr.amf-new td { background: var(--amf-new) !important; }
.amf tr.amf-gone td { background: var(--amf-gone) !important; }
.amf tr.amf-changed td { background: var(--amf-changed) !important; }
.amf th button { all: unset; cursor: pointer; } .amf th button:focus-visible { outline: 2px solid currentColor; }
.amf-none { color: var(--amf-muted); } .amf-muted { color: var(--amf-muted); margin: 0; }
.amf-status { padding: 4px 8px; border-left: 3px solid var(--amf-rule); margin: 2px 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.amf-status:empty { display: none; }
.amf-good { border-color: var(--amf-good); } .amf-error { border-color: var(--amf-bad); color: var(--amf-bad); }
.amf-warn { border-color: var(--amf-warn); color: var(--amf-warn); } .amf-hint { color: var(--amf-ink); }
.amf-code { white-space: pre-wrap; overflow-wrap: anywhere; margin: 4px 0; padding: 6px 8px; border-radius: 4px;
  background: var(--amf-shade); border: 1px solid var(--amf-rule); color: var(--amf-ink); user-select: all;
  font: 12px/1.45 var(--jp-code-font-family, ui-monospace, monospace); }
.amf-below { color: var(--amf-muted); font-size: 11px; line-height: 1.3; margin: 0 2px 4px; overflow-wrap: anywhere; }
.amf-stacked { flex-direction: column !important; align-items: stretch !important; height: auto !important; }
.amf-stacked > label { width: auto !important; height: auto !important; text-align: left !important; line-height: 1.5; }
.amf-panel .widget-html-content { min-width: 0; }
.amf-output { max-height: 32em; overflow: auto; white-space: pre; user-select: text; }
.amf details > summary { cursor: pointer; color: var(--amf-muted); }
.amf-dot { font-weight: 700; } .amf-dot.amf-up { color: var(--amf-good); } .amf-dot.amf-down { color: var(--amf-bad); }
.amf-cards { display: flex; flex-wrap: wrap; gap: 8px; }
.amf-card { border: 1px solid var(--amf-rule); border-radius: 6px; padding: 8px 12px; min-width: 15em; flex: 1 1 15em; }
.amf-figures { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 4px 0; }
.amf-figure b { display: block; font-size: 18px; font-variant-numeric: tabular-nums; }
.amf-figure span { color: var(--amf-muted); font-size: 11px; }
.amf-strip { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 6px; }
.amf-agent { border: 1px solid var(--amf-rule); border-left-width: 4px; border-radius: 4px;
  padding: 1px 6px; font-size: 12px; }
.amf-agent.amf-free { border-left-color: var(--amf-good); } .amf-agent.amf-busy { border-left-color: #3b82d6; }
.amf-agent.amf-ringing { border-left-color: var(--amf-warn); border-left-style: dashed; }
.amf-agent.amf-paused { border-left-color: var(--amf-warn); } .amf-agent.amf-away { border-left-color: var(--amf-bad); }
.amf td button { all: unset; cursor: pointer; text-decoration: underline dotted; text-underline-offset: 3px; }
.amf td button:focus-visible { outline: 2px solid currentColor; } .amf tr[data-number] { cursor: pointer; }
.amf tr.amf-picked td { background: var(--amf-changed) !important; } .amf-bad b { color: var(--amf-bad); }
.amf img { max-width: min(100%, 40em); height: auto; } .amf .amf-ladder img { max-width: min(100%, 56em); }
</style>"""
"""Once on a page is enough, and often does no harm: all of it is below the class ``amf``."""

_NONE = '<span class="amf-none" title="missing">–</span>'
_MAX_CELL = 300


@dataclass(frozen=True)
class Page:
    """A widget as it stood at one moment, in plain HTML; shows itself in a notebook, and needs no kernel to be read.

    Parameters
    ----------
    title : str
    body : str
        HTML.

    Examples
    --------
    >>> print(Page("Queues", "<p>none</p>").html[:15])
    <!doctype html>
    """

    title: str
    body: str

    @property
    def html(self) -> str:
        """The page as a file of its own."""
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        paper = "body{margin:16px;color-scheme:light dark}@media (prefers-color-scheme:dark){body{background:#0d1117}}"
        title = f"<title>{text(self.title)}</title>"
        head = f"<head>{head}{title}<style>{paper}</style></head>"
        return f"<!doctype html><html>{head}<body>{self._repr_html_()}</body></html>"

    def _repr_html_(self) -> str:
        return f'{STYLE}<div class="amf"><h3>{text(self.title)}</h3>{self.body}</div>'

    def __str__(self) -> str:
        return self.html


def text(value: object) -> str:
    r"""Return a value as HTML text, with what cannot be seen made visible.

    Examples
    --------
    >>> text('<img src=x onerror="1">'), text("a\x07b")
    ('&lt;img src=x onerror=&quot;1&quot;&gt;', 'a�b')
    """
    seen = "".join(c if c >= " " or c in "\n\t" else "\ufffd" for c in str(value))
    return html.escape(seen, quote=True)


def status(kind: str, what: str = "", hint: str | None = None) -> str:
    """Return a status line: `kind` is ``good``, ``warn``, ``error``, ``busy`` or empty; read aloud when it changes."""
    below = f'<div class="amf-hint">{text(hint)}</div>' if hint else ""
    shown = f"{text(what)}{below}" if what else ""
    return inside(f'<div class="amf-status amf-{kind or "idle"}" role="status" aria-live="polite">{shown}</div>')


def code(source: str, title: str = "the same as code") -> str:
    """Return code to copy, folded away until somebody wants it; one click marks all of it."""
    shown = f'<pre class="amf-code" tabindex="0">{text(source)}</pre>'
    return f'<details class="amf-code-box"><summary>{text(title)}</summary>{shown}</details>'


def inside(*parts: str) -> str:
    """Return parts of HTML with our colours around them."""
    return f'<div class="amf">{"".join(parts)}</div>'


def cell(value: Any) -> str:
    """Return what stands in a table for a value; what is too long is cut and tells so."""
    if isinstance(value, Mapping):
        shown = ", ".join(f"{name}={content}" for name, content in value.items())
    elif isinstance(value, list | tuple):
        shown = ", ".join(str(part[0]) + "=" + str(part[1]) if isinstance(part, tuple) else str(part) for part in value)
    elif value is None:
        return _NONE
    elif isinstance(value, bool):
        shown = "yes" if value else "no"
    elif isinstance(value, float):
        shown = f"{value:,.1f}".replace(",", "\u202f")
    else:
        shown = str(value)
    if len(shown) > _MAX_CELL:
        return f'<span title="{len(shown)} characters">{text(shown[:_MAX_CELL])}…</span>'
    return text(shown)


def plain(frame: pd.DataFrame) -> list[list[Any]]:
    """Return the columns of a frame as lists of plain values; missing is None, a time is text to the second."""
    return [_column(frame.iloc[:, at]) for at in range(frame.shape[1])]


def _column(series: pd.Series) -> list[Any]:
    if isinstance(series.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(series.dtype):
        shown = series.dt.strftime("%Y-%m-%d %H:%M:%S")
        return [None if missing else told for told, missing in zip(shown.tolist(), series.isna().tolist(), strict=True)]
    array = pa.array(series)  # a chunked array for Arrow columns; both know to_pylist
    return [None if value != value else value for value in array.to_pylist()]  # NaN is missing too


def table(
    frame: pd.DataFrame,
    *,
    label: str,
    columns: Iterable[str] | None = None,
    classes: Sequence[str] | None = None,
    heads: Mapping[str, str] | None = None,
    empty: str = "nothing",
    height: str = "22em",
    caption: str = "",
    wraps: bool = True,
) -> str:
    """Return rows as a table in a box that scrolls.

    Parameters
    ----------
    frame : DataFrame
    label : str
        What it is, for who cannot see it.
    columns : iterable of str, optional
        Which ones; what the frame lacks is left out.
    classes : sequence of str, optional
        A CSS class for each row.
    heads : mapping, optional
        HTML of a head in place of the column's name.
    empty : str
        What stands there instead of a table without rows.
    height : str
        The box's greatest.
    caption : str
        Stands above the heads.
    wraps : bool
        Whether long texts go on in a second line; else the box scrolls sideways.
    """
    names = [name for name in (frame.columns if columns is None else columns) if name in frame.columns]
    part = frame[names]
    if part.empty:
        return f'<p class="amf-muted">{text(empty)}</p>'
    numeric = [_is_number(part[name]) for name in names]
    titles = "".join(
        f'<th scope="col"{_NUM if number else ""}>{(heads or {}).get(name) or text(name)}</th>'
        for name, number in zip(names, numeric, strict=True)
    )
    cells = [
        [f"<td{_NUM if number else ''}>{cell(value)}</td>" for value in values]
        for values, number in zip(plain(part), numeric, strict=True)
    ]
    kinds = [f' class="{name}"' if name else "" for name in classes] if classes else [""] * len(part)
    rows = "".join(f"<tr{kind}>{''.join(row)}</tr>" for kind, row in zip(kinds, zip(*cells, strict=True), strict=True))
    above = f"<caption>{text(caption)}</caption>" if caption else ""
    short = "" if wraps else " amf-short"
    box = f'class="amf-scroll" style="max-height:{height}" tabindex="0" role="region" aria-label="{text(label)}"'
    return (
        f"<div {box}{_KEYS}>"
        f'<table class="amf-table{short}">{above}<thead><tr>{titles}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


_NUM = ' class="amf-num"'
_KEYS = ' data-lm-suppress-shortcuts="true"'  # JupyterLab would take Enter on a head for itself


def _is_number(series: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype)


def facts(pairs: Iterable[tuple[str, object]], label: str, height: str = "none") -> str:
    """Return names and values, one pair a line; where they are higher than `height` the box scrolls."""
    rows = "".join(f'<tr><th scope="row">{text(name)}</th><td>{cell(value)}</td></tr>' for name, value in pairs)
    body = f'<table class="amf-table" aria-label="{text(label)}"><tbody>{rows}</tbody></table>'
    return f'<div class="amf-scroll" style="max-height:{height}" tabindex="0">{body}</div>'


def figure(value: object, what: str) -> str:
    """Return one number with what it counts below it."""
    return f'<div class="amf-figure"><b>{cell(value)}</b><span>{text(what)}</span></div>'


def image(ax: Any) -> str:
    """Return a plot as an image that needs no kernel and no file beside the page."""
    kept = io.BytesIO()
    ax.figure.savefig(kept, format="svg", bbox_inches="tight", facecolor="white")
    coded = base64.b64encode(kept.getvalue()).decode("ascii")
    return f'<img alt="{text(ax.get_title())}" src="data:image/svg+xml;base64,{coded}">'
