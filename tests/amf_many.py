"""SnapshotExplorer with five thousand channels in a browser: a notebook, and clicks timed on its page."""

from __future__ import annotations

MANY = """
import amiframe as af, pandas as pd
status = af.read_status(af.sample("status"))
many = pd.concat([status] * 57, ignore_index=True).iloc[:5000].copy()
many["channel"] = pd.Series([f"{name}-{at:05d}" for at, name in enumerate(many["channel"])], dtype="str")
many["uniqueid"] = pd.Series([f"{at}.{at}" for at in range(5000)], dtype="str")
explorer = af.widgets.SnapshotExplorer(snapshots=[many])
explorer
"""
# starts a clock, acts, and stops it when the table shows what was asked for
CLOCK = """([act, wanted]) => new Promise((done, fail) => {
  const panel = document.querySelector('.amf-panel');
  const where = () => panel.querySelector('.amf-where').textContent + panel.querySelector('thead').textContent;
  const start = performance.now();
  const look = () => {
    if (where().includes(wanted)) return done(performance.now() - start);
    if (performance.now() - start > 20000) return fail(new Error(`${wanted} did not come: ${where()}`));
    requestAnimationFrame(look);
  };
  eval(act);
  look();
})"""


def type_text(text):
    return (
        "const box = panel.querySelector('.amf-text input'); "
        f"box.value = {text!r}; box.dispatchEvent(new Event('input', {{bubbles: true}}));"
    )


HEADS = [(9, "seconds ▲"), (9, "seconds ▼"), (1, "channel ▲"), (1, "channel ▼"), (3, "calleridnum ▲")]
TEXTS = [("-04", "of 1000 of"), ("-049", "of 100 of"), ("-0499", "of 10 of"), ("", "of 5000 channels")]


def reactions(page) -> dict[str, list[float]]:
    """Sort by heads and filter by texts; give for each the milliseconds until the table shows it."""
    press = "panel.querySelector('th:nth-child({}) button').click()"
    return {
        "sort": [page.evaluate(CLOCK, [press.format(column), mark]) for column, mark in HEADS],
        "filter": [page.evaluate(CLOCK, [type_text(text), mark]) for text, mark in TEXTS],
    }
