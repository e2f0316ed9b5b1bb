"""Write the table in docs/audit.md from amiframe/schema/privileges.py; --check says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from amiframe.schema.privileges import FREE, PRIVILEGES, Privilege

PAGE = Path(__file__).with_name("audit.md")
BEGIN, END = "<!-- written by docs/audit.py -->\n", "<!-- until here -->\n"
HEAD = "| privilege | `write=`: risk | what it allows | `read=`: risk | what is heard |\n|---|---|---|---|---|\n"


def row(privilege: Privilege) -> str:
    """Return a line of the table."""
    cells = (
        f"`{privilege.name}`",
        privilege.write_risk or "-",
        privilege.allows or "nothing",
        privilege.read_risk or "-",
        privilege.receives or "-",
    )
    return f"| {' | '.join(cells)} |\n"


def page(before: str) -> str:
    """Return the page with the table as it is now."""
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{HEAD}{''.join(map(row, (*PRIVILEGES, FREE)))}{END}{tail}"


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    if "--check" not in sys.argv:
        PAGE.write_text(page(text), "utf-8")
    elif page(text) != text:
        sys.exit("docs/audit.md is not what the table says: python docs/audit.py")
