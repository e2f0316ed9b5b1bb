"""One small notebook for each way in which a job may end."""

from __future__ import annotations

from pathlib import Path

import nbformat

NOTEBOOKS = {
    "good": (
        "target = None\nout = '.'\nstart = None\nend = None\ntz = 'UTC'\nname = 'x'\ncount = 1\nshare = 0.5\n"
        "is_on = False\nqueues = ['a']\nredact = None",
        "from pathlib import Path\n"
        "Path(out, 'told.txt').write_text(repr((start, end, tz, name, count, share, is_on, queues, redact)))",
        "print(count)",
    ),
    "raises": (
        "out = '.'",
        "from pathlib import Path\nPath(out, 'half.csv').write_text('a,b')",
        "1 / 0",
        "print('no')",
    ),
    "kernel_dies": ("out = '.'", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "sleeps": ("seconds = 60", "print('before')", "import time\ntime.sleep(seconds)"),
    "will_not_end": (  # holds everything that could be asked to stop it
        "out = '.'",
        "import signal, subprocess\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '987'])\nprint(child.pid)",
        "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')",
    ),
    "asks": (
        "target = 'demo'\nout = '.'",
        "import amiframe as af\npbx = af.connect(target, timeout=5)",
        "af.to_csv(pbx.status(), out + '/status.csv')",
    ),
    "changes": (
        "target = 'demo'",
        "import amiframe as af\npbx = af.connect(target)",
        "pbx.action('QueuePause', Interface='PJSIP/311', Paused='true').raise_for_error()",
    ),
    "tells_secrets": (
        "target = None\nout = '.'\nwhere = 'notebook'",
        "import os\nfrom pathlib import Path\nimport amiframe as af\nfrom amiframe import settings\n"
        "secret = settings.resolve(target, username=None, secret=None, interface=None).secret.reveal()\n"
        "words = f'login with {secret}, {secret!r}'",
        "print(words)\n_ = Path(out, 'log.txt').write_text(words) if where == 'file' else None\nwords",
        "if where == 'error':\n    raise RuntimeError(words)",
    ),
    "hears": (  # events of a log or of the PBX, told in every way in which a notebook tells
        "target = None\nout = '.'\nlog = None\nseconds = 8.0\nfails = False",
        "import amiframe as af\n"
        "heard = af.read_events(log) if log else af.connect(target).events(seconds, mask='dtmf')\n"
        "pressed = ''.join(heard.loc[heard['event'] == 'DTMFEnd', 'digit'])\nprint('pressed', pressed)",
        "af.to_csv(heard, out + '/heard.csv')\naf.to_parquet(heard, out + '/heard.parquet')\n"
        "open(out + '/told.txt', 'w').write(pressed)\nheard",
        "assert not fails, pressed",
    ),
    "fills_the_disk": (
        "out = '.'\nmegabytes = 64",
        "from pathlib import Path\nwith Path(out, 'big.bin').open('wb') as file:\n"
        "    for _ in range(megabytes):\n        file.write(b'x' * 1_000_000)",
    ),
    "has_a_secret": ("api_token = 'x'", "print(1)"),
    "no_parameters": ("", "print(1)"),
    "exits_well": ("out = '.'", "import sys\nsys.exit(0)"),
    "exits_badly": ("out = '.'", "import sys\nsys.exit(3)"),
}  # fmt: skip


def make(name: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in NOTEBOOKS[name]]
    if NOTEBOOKS[name][0]:
        cells[0].metadata["tags"] = ["parameters"]
    book = nbformat.v4.new_notebook(cells=cells)
    for place, cell in enumerate(book.cells):
        cell["id"] = f"cell-{place}"
    book.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return book


def write(folder: Path, name: str) -> Path:
    """Write a notebook; return where it is."""
    path = folder / f"{name}.ipynb"
    nbformat.write(make(name), path)
    return path
