"""Lists of actions of real accounts: what they say of them, and how 16 and 22 differ."""

from __future__ import annotations

import pytest
from amf_support import CAPTURES, plain

import amiframe as af
from amiframe.schema.privileges import MODULES, NONE, OPENED_BY, PRIVILEGES

SILENT = {p.name for p in PRIVILEGES} - {name for rights in OPENED_BY.values() for name in rights}


def test_16_beside_22():
    """Sixteen actions differ, every one for the PBX's sake: both accounts may do all."""
    lists = [af.read_commands(CAPTURES / version / "rawman/listcommands.txt") for version in ("16", "22")]
    found = af.compare_commands(*lists)
    assert found["change"].value_counts().to_dict() == {"same": 123, "gone": 11, "new": 5}
    assert set(found.loc[found["change"] != "same", "reason"]) == {"pbx"}
    assert {"SIPpeers", "Monitor"} <= set(found.loc[found["change"] == "gone", "action"])
    assert "CoreShowChannelMap" in set(found.loc[found["change"] == "new", "action"])
    xml = [af.read_commands(CAPTURES / version / "mxml/listcommands.xml") for version in ("16", "22")]
    assert plain(af.compare_commands(*xml).drop(columns="synopsis")) == plain(found.drop(columns="synopsis"))


@pytest.mark.parametrize("version", ["16", "22"])
def test_the_table_is_what_real_ones_list(version):
    commands = af.read_commands(CAPTURES / version / "rawman/listcommands.txt")
    opened_by = {row["action"].lower(): {*row["privileges"]} - {"all"} for row in commands.to_dict("records")}
    assert opened_by == {action: {*OPENED_BY[action]} for action in opened_by}
    assert MODULES[""] <= set(opened_by)


@pytest.mark.parametrize("version", ["16", "22"])
@pytest.mark.parametrize(("user", "held"), [("ro", {"reporting"}), ("orig", {"originate", "call"})])
def test_real_lists_of_accounts_with_few_rights(version, user, held):
    found = af.audit(af.read_commands(CAPTURES / version / f"rawman/listcommands_{user}.txt")).set_index("privilege")
    assert set(found.index[found["write"].eq(True).fillna(False)]) == held | {NONE}
    assert set(found.index[found["write"].isna()]) == SILENT | {"agi"}
