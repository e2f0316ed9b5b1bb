"""What a list of actions proves of an account, and what it does not: judged against accounts whose rights are known."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from amf_support import examples, plain
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.analysis.privileges.inference import verdicts
from amiframe.analysis.privileges.least_privileges import least
from amiframe.schema.actions import ACTIONS, spelling
from amiframe.schema.features import FEATURES
from amiframe.schema.privileges import BY_NAME, MODULES, NONE, OPENED_BY, PRIVILEGES

CLASSES = sorted({name for rights in OPENED_BY.values() for name in rights})
SILENT = {p.name for p in PRIVILEGES} - {*CLASSES}
OF_MODULES = frozenset(
    action for action, rights in OPENED_BY.items() if rights or action.startswith("queue")
) - MODULES[""]  # fmt: skip
"""What a PBX lacks on which no module is loaded."""
MODULE_OF = {action: module for module, actions in MODULES.items() for action in actions}


def listed(held: set[str], *, without: frozenset[str] = frozenset()) -> dict[str, frozenset[str]]:
    """The list that an account with these rights gets of a PBX on which some actions do not exist."""
    return {
        spelling(action): rights
        for action, rights in OPENED_BY.items()
        if (not rights or rights & held) and action not in without
    }


def answer(rights: dict[str, frozenset[str]]) -> bytes:
    """The answer of ListCommands with these actions."""
    lines = ["Response: Success"]
    for action, names in rights.items():
        lines.append(f"{action}: What it does.  (Priv: {','.join([*sorted(names), 'all']) if names else NONE})")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(held: set[str], **more: object) -> pd.DataFrame:
    return af.read_commands(answer(listed(held, **more)))


def wrong(found: dict, held: set[str]) -> list[str]:
    return [name for name, verdict in found.items() if verdict.held is not None and verdict.held != (name in held)]


# --- what is held -----------------------------------------------------------------------------------------------------


def test_the_table_knows_every_action_of_ours():
    assert set(OPENED_BY) == set(ACTIONS)
    assert all(actions <= OPENED_BY.keys() for actions in MODULES.values())
    assert {name for rights in OPENED_BY.values() for name in rights} <= set(BY_NAME)


def test_of_each_of_2048_accounts_what_is_said_is_true():
    """All modules are there: then only AGI, which stands alone in its module, is not known when it is not listed."""
    assert len(CLASSES) == 11
    for flags in itertools.product((False, True), repeat=len(CLASSES)):
        held = {name for name, flag in zip(CLASSES, flags, strict=True) if flag}
        found = verdicts(listed(held))
        assert not wrong(found, held), held
        unknown = {name for name, verdict in found.items() if verdict.held is None}
        assert unknown == SILENT | ({"agi"} - held), held


@examples(3)
@given(
    st.sets(st.sampled_from(CLASSES)),
    st.sets(st.sampled_from(["app_confbridge", "app_queue", "res_fax"])),
    st.sets(st.sampled_from(sorted(set(OPENED_BY) - {*MODULE_OF}))),
)
def test_modules_that_are_not_loaded_make_it_say_less_and_nothing_false(held, modules, others):
    without = frozenset(others).union(*(MODULES[module] for module in modules))
    assert not wrong(verdicts(listed(held, without=without)), held)


def test_without_modules_what_asterisk_itself_has_is_enough_for_most():
    """agent and agi have no action there; reporting has none of its own, but one beside call and one beside config."""
    for flags in itertools.product((False, True), repeat=len(CLASSES)):
        held = {name for name, flag in zip(CLASSES, flags, strict=True) if flag}
        found = verdicts(listed(held, without=OF_MODULES))
        assert not wrong(found, held)
        hidden = {"reporting"} if {"system", "call", "config"} <= held else set()
        unknown = {name for name, verdict in found.items() if verdict.held is None}
        assert unknown == {"agent", "agi"} | hidden | SILENT, held


def test_how_it_is_known():
    found = verdicts(listed({"reporting", "originate"}, without=MODULES["app_confbridge"] | MODULES["res_fax"]))
    assert found["originate"].evidence == "Originate is listed"
    assert found["reporting"].evidence.endswith("system is not held")
    assert found["command"].evidence == "Command is not listed"
    assert found["agent"].evidence == "QueueAdd is not listed, and QueueReload of the same module is"
    assert found["agi"].evidence == "cannot be told: AGI is not listed, or not loaded"
    assert found["log"].evidence == "no action needs it"


def test_reporting_beside_all_that_open_the_same_is_not_guessed():
    found = verdicts(listed({"system", "call", "config"}, without=OF_MODULES))
    assert found["reporting"].held is None
    assert found["reporting"].evidence == "cannot be told: call and config and system open the same actions"


def test_an_older_pbx_that_lacks_an_action_of_todays():
    old = frozenset({"cancelatxfer", "presencestate", "getconfigjson", "loggerrotate"})
    held = {"call", "reporting"}
    found = verdicts(listed(held, without=old))
    assert not wrong(found, held)
    assert found["call"].held
    assert found["reporting"].held


def test_what_an_older_pbx_lacks_speaks_for_nothing():
    """PresenceState is not there though call may run it: that says nothing of reporting, which opens it too."""
    held = {"call", "reporting"}
    found = verdicts(listed(held, without=OF_MODULES | {"presencestate"}))
    assert not wrong(found, held)
    assert found["reporting"].held


def test_a_list_that_contradicts_itself_proves_nothing_of_what_it_contradicts():
    """Status is listed, and nothing else of any of its privileges: a list that was cut, or an odd PBX."""
    found = verdicts({"Status": OPENED_BY["status"], "Ping": frozenset()})
    assert {name for name, verdict in found.items() if verdict.held} == set()
    assert {found[name].held for name in OPENED_BY["status"]} == {None}
    assert found["originate"].held is False


def test_nothing_is_known_of_an_empty_list():
    assert {verdict.held for verdict in verdicts({}).values()} == {None}


def test_what_the_pbx_says_settles_the_rest():
    reported = frozenset({"reporting", "log", "agi"})
    found = verdicts(listed({"reporting", "agi"}), reported)
    assert {name for name, verdict in found.items() if verdict.held} == reported
    assert all(verdict.evidence == "manager show user" for verdict in found.values())


def test_an_older_session_has_what_its_account_has_no_more():
    found = verdicts(listed({"reporting", "originate"}), frozenset({"reporting"}))
    assert found["originate"].held
    assert "next login" in found["originate"].evidence


def test_an_unknown_privilege_is_kept():
    found = af.audit(af.read_commands(answer({"Teleport": frozenset({"space"}), "Ping": frozenset()})))
    row = found.set_index("privilege").loc["space"]
    assert (row["write"], row["actions"], row["evidence"]) == (True, 1, "Teleport is listed")
    assert list(af.privilege_matrix(af.read_commands(answer({"Teleport": frozenset({"space"})})))["space"]) == [True]


# --- the matrix -------------------------------------------------------------------------------------------------------


def test_the_matrix_says_what_the_list_says():
    commands = af.read_commands(af.sample("commands"))
    matrix = af.privilege_matrix(commands)
    assert list(matrix.columns) == ["action", *(p.name for p in PRIVILEGES)]
    assert [str(dtype) for dtype in matrix.dtypes] == ["str"] + ["boolean"] * len(PRIVILEGES)
    flags = matrix.set_index("action")
    for row in commands.to_dict("records"):
        assert {name for name in flags.columns if flags.loc[row["action"], name]} == {*row["privileges"]} - {"all"}


def test_an_empty_list_has_an_empty_matrix_with_all_columns():
    commands = af.read_commands(af.sample("commands"))
    assert list(af.privilege_matrix(commands.iloc[:0]).columns) == list(af.privilege_matrix(commands).columns)
    assert list(af.audit(commands.iloc[:0])["privilege"]) == [*(p.name for p in PRIVILEGES), NONE]


def test_a_list_that_was_kept_is_as_good(tmp_path):
    commands = af.read_commands(af.sample("commands"))
    for name in ("c.csv", "c.parquet"):
        (af.to_csv if name.endswith("csv") else af.to_parquet)(commands, tmp_path / name)
        again = af.read_table(tmp_path / name)
        assert plain(af.privilege_matrix(again)) == plain(af.privilege_matrix(commands))
        assert plain(af.audit(again)) == plain(af.audit(commands))


@pytest.mark.parametrize("use", [af.privilege_matrix, af.audit, lambda frame: af.compare_commands(frame, frame)])
def test_what_is_no_list_of_actions_is_refused(use, tmp_path):
    with pytest.raises(af.ConfigError, match="no list of actions"):
        use(af.read_status(af.sample("status")))
    commands = af.read_commands(af.sample("commands"))
    twice = commands.assign(action=commands["action"].str.lower())
    with pytest.raises(af.ConfigError, match="is there twice"):
        use(pd.concat([commands, twice]))
    commands.to_csv(tmp_path / "plain.csv")
    with pytest.raises(af.ConfigError, match="no lists"):
        use(pd.read_csv(tmp_path / "plain.csv"))


def test_several_pbxs_stay_apart():
    both = pd.concat([frame({"reporting"}).assign(amf_pbx="one"), frame({"command"}).assign(amf_pbx="two")])
    found = af.audit(both).set_index(["amf_pbx", "privilege"])["write"]
    assert found["one", "reporting"]
    assert not found["one", "command"]
    assert found["two", "command"]
    matrix = af.privilege_matrix(both)
    assert list(matrix.columns[:2]) == ["amf_pbx", "action"]
    assert len(matrix) == len(both)
    assert (af.compare_commands(both, both)["change"] == "same").all()
    with pytest.raises(af.ConfigError, match="only one of the frames"):
        af.compare_commands(both, frame({"reporting"}))


# --- two lists beside each other --------------------------------------------------------------------------------------


def test_why_an_action_is_new_or_gone():
    before = frame({"reporting"}, without=MODULES["app_confbridge"])
    after = frame({"reporting", "originate"})
    found = af.compare_commands(before, after).set_index("action")
    assert found.loc["Originate", ["change", "reason"]].tolist() == ["new", "right"]
    assert found.loc["ConfbridgeList", ["change", "reason"]].tolist() == ["new", "pbx"]
    assert found.loc["Status", "change"] == "same"
    assert set(found["change"]) == {"new", "same"}
    back = af.compare_commands(after, before).set_index("action")
    assert back.loc["Originate", ["change", "reason"]].tolist() == ["gone", "right"]
    assert back.loc["ConfbridgeList", ["change", "reason"]].tolist() == ["gone", "pbx"]


def test_what_needs_no_privilege_is_missing_for_the_sake_of_the_pbx():
    found = af.compare_commands(frame(set(), without=MODULES["app_queue"]), frame(set())).set_index("action")
    assert set(found.loc[found["change"] == "new", "reason"]) == {"pbx"}
    assert found.loc["QueueStatus", "change"] == "new"


def test_why_is_not_guessed():
    """Whether the account may run AGI is not known from a list without it."""
    found = af.compare_commands(frame({"system"}), frame({"system", "agi"})).set_index("action")
    assert found.loc["AGI", "change"] == "new"
    assert pd.isna(found.loc["AGI", "reason"])


def test_other_privileges_and_other_spellings():
    before = af.read_commands(answer({"Park": frozenset({"call"}), "Ping": frozenset(), "Own": frozenset({"system"})}))
    changed = {"park": frozenset({"call", "system"}), "ping": frozenset(), "OWN": frozenset({"system"})}
    after = af.read_commands(answer(changed))
    found = af.compare_commands(before, after)
    assert plain(found[["action", "change", "privileges_before", "privileges_after"]]) == {
        "action": ["OWN", "Park", "Ping"],
        "change": ["same", "changed", "same"],
        "privileges_before": [["system"], ["call"], []],
        "privileges_after": [["system"], ["system", "call"], []],
    }
    assert [str(dtype) for dtype in found.dtypes[:3]] == ["str", "str", "str"]


# --- what is needed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.name)
def test_the_least_for_a_feature_is_what_its_line_says(feature):
    found = least(feature.name, {})
    assert found.write == {*feature.write}
    assert found.read == {*feature.read}


@pytest.mark.parametrize(
    ("needs", "write"),
    [
        (["Hangup", "Status"], {"call"}),  # not reporting too
        (["status", "hangup"], {"call"}),
        (["GetConfig"], {"system"}),  # config would do; both are as bad, system comes first
        (["GetConfig", "UpdateConfig"], {"config"}),
        (["CoreStatus", "Getvar", "ShowDialPlan"], {"reporting"}),
        (["QueueReset", "Ping"], set()),
        (["snapshot", "status", "info"], {"system"}),
    ],
)
def test_where_one_of_several_is_enough_it_is_the_least_dangerous(needs, write):
    assert least(needs, {}).write == write


def test_no_smaller_set_would_do():
    """Each set of four actions: what is taken opens them all, and nothing that costs less does."""
    kinds = sorted({rights for rights in OPENED_BY.values() if rights}, key=sorted)
    names = [next(action for action, rights in OPENED_BY.items() if rights == kind) for kind in kinds]
    costs = {"high": 100, "medium": 10, "low": 1}
    for some in itertools.combinations(names, 3):
        taken = least(some, {}).write
        wanted = [OPENED_BY[action] for action in some]
        assert all(one & taken for one in wanted)
        best = min(sum(costs[BY_NAME[name].write_risk] for name in {*choice}) for choice in itertools.product(*wanted))
        assert sum(costs[BY_NAME[name].write_risk] for name in taken) == best, some


def test_the_section_for_manager_conf():
    text = af.least_account(["ping"], name="watch")
    assert text.splitlines()[0] == "[watch]"
    assert text.splitlines()[-2:] == ["read =", "write ="]  # said, or a reload keeps what was
    assert "read = agent,call\nwrite = originate,reporting" in af.least_account(
        ["listen queues", "outcome", "STATUS"], name="x"
    )
    own = af.read_commands(answer({"Teleport": frozenset({"space"})}))
    assert "write = space" in af.least_account("Teleport", commands=own)


def test_needs_that_do_not_exist_and_names_that_break_the_file():
    with pytest.raises(af.ConfigError, match="neither a feature nor an action") as error:
        af.least_account("Orignate")
    assert "Originate" in str(error.value)
    for name in ("", "a]\nwrite = all", "a\r", " a"):
        with pytest.raises(af.ConfigError, match="no name"):
            af.least_account("ping", name=name)


def test_what_is_needed_stands_beside_what_is_held():
    found = af.audit(frame({"system", "reporting"}), needs=["status", "listen"]).set_index("privilege")
    assert list(found.index[found["write_needed"].eq(True).fillna(False)]) == ["reporting"]
    assert list(found.index[found["read_needed"].eq(True).fillna(False)]) == ["call"]
    assert pd.isna(found.loc[NONE, "write_needed"])
    assert af.audit(frame({"system"}))["write_needed"].isna().all()


def test_what_only_one_privilege_opens():
    found = af.audit(frame({"system", "reporting"})).set_index("privilege")
    assert "Status" not in found.loc["system", "only_by"]
    assert "MixMonitor" in found.loc["system", "only_by"]
    assert "ConfbridgeList" in found.loc["reporting", "only_by"]
    assert found.loc["reporting", "actions"] > len(found.loc["reporting", "only_by"])
    assert "Originate" not in set().union(*found["only_by"].map(set))
