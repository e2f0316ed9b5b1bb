"""Actions that answer with a list: which items they send, and which errors only say that the list is empty.

A name that is not in ``tables/list_actions.txt`` works too: its items are then read from the answer alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from amiframe.schema.field import data_file


@dataclass(frozen=True, slots=True)
class ListAction:
    """One list action.

    Parameters
    ----------
    action : str
        The action's name.
    items : tuple of str
        Event names of its items, in the order in which the server sends the kinds.
    complete : str
        Event name of the end of the list.
    counted : tuple of str
        The items that ``ListItems`` counts; default all.
    empty : frozenset of str
        ``Message`` of an Error that means "nothing to list".
    """

    action: str
    items: tuple[str, ...]
    complete: str
    counted: tuple[str, ...] = ()
    empty: frozenset[str] = frozenset()

    @property
    def mixed(self) -> bool:
        """Whether the list holds items of several kinds."""
        return len(self.items) > 1


def _table(text: str) -> dict[str, ListAction]:
    actions = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        action, items, complete, *notes = (cell.strip() for cell in line.split("|"))
        counted = [note[8:] for note in notes if note.startswith("counted ")]
        empty = frozenset(note[6:] for note in notes if note.startswith("empty "))
        names = tuple(items.split())
        actions[action.lower()] = ListAction(action, names, complete, tuple(counted) or names, empty)
    return actions


LISTS = _table(data_file("list_actions.txt"))
"""List actions by their lower-case names."""

BY_END = {entry.complete: entry for entry in LISTS.values()}
"""List action by the event that ends it: what a saved answer without items still says of itself."""
