"""What a PBX answered to an action, as HTML: a table by pages, names and values, or the lines of a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from amiframe.html import Markup, element, facts, join, note, plain_columns, table
from amiframe.privacy import secret_patterns
from amiframe.privacy.secret_patterns import MASK
from amiframe.widgets.action.model import Action, Answer, is_secret_field, rights

ROWS = 50
"""Rows of one page."""

_LINES = 400
_FACTS = 300
_STATIC_ROWS = 1000
_OURS = ("amf_fetched",)
_ALL = "all"
_NAMED = (("key", "val"), ("variable", "value"))  # of DBGet, of Getvar: the name stands in a column of its own
_LINES_OF = ("getconfig", "getconfigjson", "command")


@dataclass(frozen=True, slots=True, eq=False)
class AnswerTable:
    """The part of an answer that a table shows.

    Parameters
    ----------
    frame : DataFrame
        All rows of one kind, passwords masked, without columns that are empty throughout.
    hidden : int
        How many columns are empty.
    masked : int
        How many cells hold a password.
    """

    frame: pd.DataFrame
    hidden: int
    masked: int


def kinds(answer: Answer) -> list[str]:
    """Return the kinds of items of a mixed list, ``all`` first; nothing where there is one kind."""
    if "event" not in answer.frame.columns:
        return []
    events = [str(name) for name in answer.frame["event"].dropna().unique()]
    return [_ALL, *events] if len(events) > 1 else []


def answer_table(answer: Answer, kind: str = "") -> AnswerTable:
    """Return what a table shows of an answer; `kind` is one of :func:`kinds`."""
    frame = _of_kind(answer, kind)
    columns = [name for name in frame.columns if name not in _OURS]
    used = [name for name in columns if not frame[name].isna().all()] if len(frame) else columns
    part, count = masked(frame[used], **_lines_of(answer))
    return AnswerTable(part, len(columns) - len(used), count)


def exported_frame(answer: Answer, kind: str = "") -> pd.DataFrame:
    """Return what is exported of an answer: all columns, passwords masked."""
    return masked(_of_kind(answer, kind), **_lines_of(answer))[0]


def _of_kind(answer: Answer, kind: str) -> pd.DataFrame:
    frame = answer.frame
    return frame[frame["event"] == kind] if kind and kind != _ALL else frame


def _lines_of(answer: Answer) -> dict[str, Any]:
    """Return whether an answer has lines, and of which file."""
    files = [value for name, value in answer.request.masked_fields if name.lower() == "filename"]
    return {"reads_lines": answer.request.name.lower() in _LINES_OF, "file": " ".join(files)}


def masked(frame: pd.DataFrame, *, reads_lines: bool = False, file: str = "") -> tuple[pd.DataFrame, int]:
    """Return a frame without passwords, and how many cells held one.

    Parameters
    ----------
    frame : DataFrame
    reads_lines : bool
        Whether texts hold lines like ``secret=...``, as those of files and of commands do.
    file : str
        The file whose lines they are.
    """
    result, count = frame.copy(), 0
    for name in frame.columns:
        column = frame[name]
        if is_secret_field(str(name)):
            result[name] = column.astype("object").where(column.isna(), MASK)
            count += int(column.notna().sum())
        elif reads_lines and pd.api.types.is_string_dtype(column.dtype):
            lines = secret_patterns.Masking(file)  # of this column, in their order
            clean = [lines.text(text) if isinstance(text, str) else text for text in column]
            count += sum(new is not old and new != old for new, old in zip(clean, column, strict=True))
            result[name] = pd.Series(clean, index=column.index, dtype=column.dtype)
    for name, value in _NAMED:
        if name in frame and value in frame:
            is_secret = frame[name].map(lambda text: isinstance(text, str) and is_secret_field(text))
            hidden = is_secret & frame[value].notna()
            result[value] = result[value].astype("object").mask(hidden, MASK)
            count += int(hidden.sum())
    return result, count


def is_output(answer: Answer) -> bool:
    """Return whether an answer is what a command printed."""
    return answer.reply.response.get("Output") is not None


def is_paged(answer: Answer) -> bool:
    """Return whether an answer is a table, rather than one thing or lines."""
    return not is_output(answer) and (answer.reply.is_list or len(answer.frame) > 1)


def body(answer: Answer, frame: pd.DataFrame) -> Markup:
    """Return an answer as HTML; of a table these rows."""
    if is_output(answer):
        return _output(frame["output"].tolist())
    if not is_paged(answer):
        return _facts(frame)
    return table(frame, label=f"answer to {answer.request.name}", empty="nothing: the list is empty", wraps=False)


def _output(lines: list[str]) -> Markup:
    text = "\n".join("" if line is None or line != line else str(line) for line in lines[:_LINES])
    more = note(f"{len(lines) - _LINES} more lines are not shown") if len(lines) > _LINES else Markup()
    return element("pre", text, class_="amf-code amf-output", tabindex=0) + more


def _facts(frame: pd.DataFrame) -> Markup:
    if frame.empty:
        return note("nothing but its word that it is done")
    cells = [(str(name), column[0]) for name, column in zip(frame.columns, plain_columns(frame), strict=True)]
    more = note(f"{len(cells) - _FACTS} more are not shown") if len(cells) > _FACTS else Markup()
    return facts(cells[:_FACTS], "answer") + more


def summary(answer: Answer, part: AnswerTable) -> str:
    """Return in words how much came, and what is not shown of it."""
    count = len(answer.frame)
    what = "lines" if is_output(answer) else "rows"
    took = f"{answer.duration_s:.1f} s" if answer.duration_s >= 1 else f"{answer.duration_s * 1000:.0f} ms"
    is_one = not is_output(answer) and not is_paged(answer)
    parts = [f"answered in {took}" if is_one else f"{count} {what if count != 1 else what[:-1]} in {took}"]
    if part.hidden and is_paged(answer):
        parts.append(f"{part.hidden} empty columns are left out")
    if part.masked:
        parts.append(f"passwords are masked ({part.masked}); form.answer has them")
    return " · ".join(parts)


def static(answer: Answer) -> Markup:
    """Return an answer for a page without a kernel: as many rows as make sense there."""
    part = answer_table(answer)
    left = len(part.frame) - _STATIC_ROWS
    more = element("p", f"{left} more rows are not shown here") if is_paged(answer) and left > 0 else Markup()
    rows = part.frame.iloc[:_STATIC_ROWS] if is_paged(answer) else part.frame
    return element("h4", "Answer") + note(summary(answer, part)) + body(answer, rows) + more


def describe_action(action: Action | None, *, reads: bool) -> Markup:
    """Return what an action is for, which rights it needs, and whether it only reads."""
    kind, word = ("good", "only reads") if reads else ("warn", "may change something: asks before it is sent")
    synopsis = f"{action.synopsis} " if action and action.synopsis else ""
    needs = join([" · ", element("span", rights(action), class_="amf-muted")]) if action else ""
    hint = element("span", synopsis, class_="amf-hint")
    return element("div", hint, f"({word})", needs, class_=f"amf-status amf-{kind}")
