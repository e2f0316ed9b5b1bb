"""Names come from all the world: each is drawn, or a box stands for it and is explained; warnings would be errors."""

from __future__ import annotations

import io
import subprocess
import sys

import pandas as pd
import pytest

import amiframe as af
from amiframe.plot import _fonts, _text
from amiframe.plot._axes import SUBTITLE

NAMES = (
    "Дмитрий Орлов",
    "محمد علي",
    "שרה כהן",
    "田中 花子",
    "김민준",
    "สมชาย",
    "\U0001f4de\U0001f469\u200d\U0001f4bb",
    "$5 and $9",
    "a_b^c {x}",
    r"\frac{1}",
    "tab\tline\nesc\x1b[31m",
    "\u202egnisrever",
    "x" * 300,
    " ",
    "e\u0301\ufe0f",
    "",
)


def agents_named(names: list[str]) -> pd.DataFrame:
    times = pd.to_datetime(["2026-11-24 10:00Z"] * len(names))
    return pd.DataFrame(
        {
            "member": [f"PJSIP/{k}" for k in range(len(names))],
            "membername": names,
            "queue": "q",
            "state": "on call",
            "started": times,
            "ended": times + pd.Timedelta("5min"),
        }
    )


def subtitle(ax) -> str:
    return "".join(text.get_text() for text in ax.texts if text.get_gid() == SUBTITLE)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_no_name_is_a_problem(kind):
    ax = af.plot.agent_timeline(agents_named(list(NAMES)))
    ax.figure.savefig(io.BytesIO(), format=kind)
    status = af.read_status(af.sample("status")).iloc[: len(NAMES)]
    ax = af.plot.channel_states(status.assign(channelstatedesc=pd.Series(NAMES, status.index, "object")))
    ax.figure.savefig(io.BytesIO(), format=kind)


def test_names_of_the_world_in_a_ladder_and_in_titles():
    events = af.read_events(af.sample("events_calls"))
    for name in ("田中 $花子$", "Дмитрий", "\x1b[31m $x^2$"):
        log = events.copy()
        for column in log.columns[log.dtypes.eq("str")]:
            log[column] = log[column].str.replace("PJSIP/101-", f"PJSIP/{name}-", regex=False)
        log["calleridname"] = name
        ax = af.plot.call_ladder(log, "1795548258.41")
        ax.figure.savefig(io.BytesIO())
        assert ax.get_title().startswith(f"Answered by {_text.short(f'PJSIP/{name}', 24)}")


def test_half_a_letter_is_a_gap():
    assert _text.short("a\ud800b") == "a b"


def test_dollars_and_underscores_are_no_formulas():
    ax = af.plot.agent_timeline(agents_named(["$a_1$ and $b^2$"]))
    label = ax.get_yticklabels()[0]
    assert label.get_text().replace(r"\$", "$") == "$a_1$ and $b^2$"
    assert "$a_1$" in ax.get_title()
    assert not label._preprocess_math(label.get_text())[1]


def test_a_box_stands_for_letters_of_no_font_and_is_explained(monkeypatch):
    monkeypatch.setattr(_fonts, "_installed", lambda: ())
    assert _fonts.drawable("田中 花子, Дмитрий") == "□□ □□, Дмитрий"
    ax = af.plot.agent_timeline(agents_named(["田中", "Анна"]))
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["□□, PJSIP/0", "Анна"]
    assert subtitle(ax).replace("\n", " ").endswith("□ letters that no font here has")
    plain = af.plot.agent_timeline(agents_named(["Анна"]))
    assert "□" not in subtitle(plain)


def test_names_that_would_read_the_same_are_numbered(monkeypatch):
    monkeypatch.setattr(_fonts, "_installed", lambda: ())
    agents = agents_named(["a", "b", "c"]).drop(columns="membername").assign(member=["田中", "花子", "x"])
    labels = [label.get_text() for label in af.plot.agent_timeline(agents).get_yticklabels()]
    assert sorted(labels) == ["x", "□□", "□□ (2)"]


def test_a_font_of_the_system_is_taken_for_letters_that_ours_lacks(tmp_path):
    """In a process of its own, with a font made here: one square for two letters."""
    code = f"""
import warnings; warnings.filterwarnings("error", "Glyph")
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
pen = TTGlyphPen(None)
for move, at in ((pen.moveTo, (50, 0)), (pen.lineTo, (50, 700)), (pen.lineTo, (750, 700)), (pen.lineTo, (750, 0))):
    move(at)
pen.closePath()
glyph = pen.glyph()
font = FontBuilder(1000)
font.setupGlyphOrder([".notdef", "one", "two"])
font.setupCharacterMap({{ord("田"): "one", ord("中"): "two"}})
font.setupGlyf(dict.fromkeys([".notdef", "one", "two"], glyph))
font.setupHorizontalMetrics(dict.fromkeys([".notdef", "one", "two"], (800, 50)))
font.setupHorizontalHeader(ascent=800, descent=-200)
font.setupNameTable({{"familyName": "Noto Sans CJK JP", "styleName": "Regular"}})
font.setupOS2(); font.setupPost()
font.save({str(tmp_path / "test.ttf")!r})
from matplotlib import font_manager, rcParams
before = dict(rcParams)
font_manager.fontManager.ttflist = [f for f in font_manager.fontManager.ttflist if f.name not in {_fonts.OTHERS!r}]
font_manager.fontManager.addfont({str(tmp_path / "test.ttf")!r})
import pandas as pd, io, amiframe as af
t = pd.to_datetime(["2026-11-24 10:00Z"]*2)
names = {{"member": ["田中 Bob", "Анна"], "state": "on call"}}
ax = af.plot.agent_timeline(pd.DataFrame({{**names, "started": t, "ended": t + pd.Timedelta("1h")}}))
ax.figure.savefig(io.BytesIO())
assert sorted(x.get_text() for x in ax.get_yticklabels()) == ["Анна", "田中 Bob"], ax.get_yticklabels()
assert "Noto Sans CJK JP" in ax.get_yticklabels()[0].get_fontfamily()
assert not any("□" in text.get_text() for text in ax.texts)
assert dict(rcParams) == before
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "font weight" not in done.stderr, "that this font has no bold is no news"


def test_import_leaves_the_log_of_matplotlib_alone():
    code = (
        "import logging; log = logging.getLogger('matplotlib.font_manager'); before = list(log.filters);"
        "import amiframe as af; af.plot; raise SystemExit(log.filters != before)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
