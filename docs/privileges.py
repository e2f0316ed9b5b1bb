"""Write docs/privileges.md from the table in amiframe/schema/features.py; --check says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from amiframe.schema.features import FEATURES, Feature

PAGE = Path(__file__).with_name("privileges.md")
HEAD = """# The least account for each thing

What the `write=` and `read=` lines of an account in `manager.conf` need, and no more. Each line is proved on Asterisk
16.28 and 22.10: it works with exactly these classes, and not without any one of them. `amiframe doctor` says which of
them an account lacks; `amiframe doctor --privileges` prints this table.

| feature | in Python | write | read | does as well | without read |
|---|---|---|---|---|---|
"""
TAIL = """
Several features in one account: put their classes together. An account that only looks:

```ini
[monitor]
secret = a long random text
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = call,agent
write = reporting
```

Worth knowing:

* `write=` is about actions, also those that only read; `read=` is about events. An event is heard when *all* its
  classes are in `read=`, an action may be run when *one* of its classes is in `write=`.
* No class at all is needed for Ping, ListCommands, WaitEvent and the questions about queues, and none for `QueueReset`,
  `QueueReload`, `BridgeDestroy` and `BridgeKick` either: whoever can log in can run those.
* `system`, `command`, `config`, `originate` and `agi` are as good as a shell on the PBX in the wrong hands:
  [audit.md](audit.md) says why, and `amiframe audit` what an account has. `af.least_account(["status", "listen"])`
  gives such a section for several features or actions.
* A missing `read=` is not refused: events just do not come. An outcome stays `pending`, a listener hears nothing.
* By digest (`arawman`, `amxml`), `eventfilter` and `setvar` of the account are ignored.
* Where an account has `setvar`, the second `manager reload` ends Asterisk 16.28 and 22.10, calls and all (memory is
  freed twice). `core restart when convenient` is the way there.
* `allowmultiplelogin` belongs into the account's own section: a reload gives that of `[general]` to new accounts only.
"""


def row(feature: Feature) -> str:
    """Return a line of the table."""
    cells = (
        feature.name,
        f"`{feature.call}`",
        ",".join(feature.write) or "-",
        ",".join(feature.read) or "-",
        " or ".join(feature.others) or "-",
        feature.without or "-",
    )
    return f"| {' | '.join(cells)} |\n"


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(map(row, FEATURES)) + TAIL


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), "utf-8")
    elif PAGE.read_text("utf-8") != page():
        sys.exit("docs/privileges.md is not what the table says: python docs/privileges.py")
