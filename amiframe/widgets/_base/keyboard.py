"""Keys on the page: those of a widget are not the notebook's, and a head that was pressed keeps the focus.

JupyterLab takes single letters as commands (``b`` adds a cell, ``dd`` deletes one) wherever no text is typed, on our
buttons and lists too. Its class ``jp-mod-readWrite`` says that keys are somebody's own; Ctrl+S still saves.
"""

from __future__ import annotations

from amiframe.html import element

HEAD = "data-amf-head"
"""Names a button that comes again when its table is drawn anew."""

_SCRIPT = f"""
const panel = this.closest('.amf-panel');
if (panel && !panel.amfKeys) {{
  panel.amfKeys = true;
  panel.addEventListener('focusin', event => {{
    panel.amfHead = event.target.getAttribute('{HEAD}');
    setTimeout(() => {{
      const notebook = panel.closest('.jp-Notebook');
      if (notebook && panel.contains(document.activeElement)) notebook.classList.add('jp-mod-readWrite');
    }});
  }});
  panel.addEventListener('focusout', event => setTimeout(() => {{
    if (event.target.isConnected && !panel.contains(document.activeElement)) panel.amfHead = null;
  }}));
  new MutationObserver(() => {{
    if (panel.amfHead && document.activeElement === document.body)
      panel.querySelector('[{HEAD}="' + panel.amfHead + '"]')?.focus({{preventScroll: true}});
  }}).observe(panel, {{childList: true, subtree: true}});
}}
"""

LISTENER = element("style", onload=" ".join(_SCRIPT.split()))
"""Runs once it is on the page, inside of a panel: HTML of a widget runs no ``<script>``."""
