"""Data flows one way, and each third-party package has its one room: an exhaustive walk over every import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest
from amf_support import ROOT

PACKAGE = ROOT / "amiframe"

# a module may import what stands in lines above its own; a new module has no home until it is named here
LAYERS = (
    ("_version", "errors", "message", "naming", "secret", "secretive"),
    ("digits",),
    ("wire.text",),
    ("wire.rawman", "wire.outline", "wire.commands", "wire.actions", "wire.console"),
    ("settings.target",),
    ("settings.files",),
    ("settings.vault",),
    ("settings.resolving",),
    ("settings",),
    ("wire.mxml", "wire.docs", "wire.grid"),
    ("wire",),
    ("schema.field",),
    ("schema.blocks",),
    ("schema.endpoint",),
    ("schema.calls", "schema.channels", "schema.conference", "schema.pjsip", "schema.queues", "schema.system",
     "schema.replies", "schema.records", "schema.lists", "schema.actions", "schema.features",
     "schema.privileges"),
    ("schema",),
    ("frames.values",),
    ("frames.builder", "frames.rows"),
    ("frames.answers",),
    ("frames",),
    ("http.transport",),
    ("http.lane",),
    ("http.session",),
    ("http",),
    ("reply", "storage"),
    ("read.sources", "read.samples", "read.zones"),
    ("read.rotated", "read.delimited", "read.record_times"),
    ("read.queue_table",),
    ("read.answers", "read.events", "read.queue_log", "read.cdr"),
    ("capture", "capture.exchange", "capture.disguise"),
    ("read", "listen", "originate", "csvfile"),
    ("analysis.texts", "analysis.intervals"),
    ("analysis.queue_log", "analysis.alike", "analysis.pairing"),
    ("analysis.grouping", "analysis.compare"),
    ("analysis.rights",),
    ("analysis.least",),
    ("analysis.privileges",),
    ("analysis.snapshots", "analysis.sight"),
    ("analysis.faults",),
    ("analysis.findings", "analysis.gauges"),
    ("analysis.agents_log",),
    ("analysis.arrays",),
    ("analysis.event_log",),
    ("analysis.columns", "analysis.holds", "analysis.tree"),
    ("analysis.member_states",),
    ("analysis.outcome",),
    ("analysis.legs",),
    ("analysis.calls", "analysis.originations", "analysis.transfers"),
    ("analysis.queue_events",),
    ("analysis.queues",),
    ("analysis.differences",),
    ("analysis.fold", "analysis.reconcile_visits"),
    ("analysis.reconcile",),
    ("analysis.metrics.grouping",),
    ("analysis.metrics.counting",),
    ("analysis.metrics.queue", "analysis.metrics.trunks", "analysis.metrics.busy", "analysis.metrics.erlang",
     "analysis.metrics.definitions"),
    ("analysis.metrics.agents", "analysis.lost"),
    ("analysis.metrics",),
    ("analysis",),
    ("demo",),
    ("demo.clock", "demo.parameters", "demo.digest", "demo.connection", "demo.sessions", "demo.script"),
    ("demo.replay",),
    ("demo.state",),
    ("demo.world",),
    ("demo.records",),
    ("demo.channels",),
    ("demo.calls",),
    ("demo.queues", "demo.rooms"),
    ("demo.dialplan",),
    ("demo.scenario", "demo.replies"),
    ("demo.originating", "demo.manual", "demo.extensions"),
    ("demo.answers_channels", "demo.answers_phones", "demo.answers_queues", "demo.answers_dialplan"),
    ("demo.console",),
    ("demo.answers",),
    ("demo.manager",),
    ("demo.server",),
    ("demo.shared",),
    ("demo.lesson",),
    ("pbx.connection",),
    ("pbx.reading",),
    ("pbx.calling",),
    ("pbx.many",),
    ("pbx",),
    ("fleet", "capture.taking", "auditing"),
    ("doctor.probe", "doctor.checks"),
    ("doctor.reach", "doctor.account"),
    ("doctor.facts",),
    ("doctor.rights", "doctor.habits"),
    ("doctor",),
    ("export", "workbook"),
    ("plot.letters", "plot.palette", "plot.parts"),
    ("plot.words",),
    ("album",),
    ("plot.canvas",),
    ("plot.buckets", "plot.causes"),
    ("plot.story", "plot.agents", "plot.channels", "plot.privileges", "plot.queues", "plot.series", "plot.traffic"),
    ("plot.ladder",),
    ("plot.pictures",),
    ("plot",),
    ("masking", "windows"),
    ("report.words", "report.style"),
    ("report.chart_words", "report.numbers"),
    ("report.charts",),
    ("report.tables",),
    ("report.page",),
    ("report.sheet",),
    ("report",),
    ("jobs.kernel", "jobs.notebook", "jobs.scrub", "jobs.folder", "jobs.units"),
    ("jobs.asked",),
    ("jobs.running", "jobs.past"),
    ("jobs",),
    ("widgets.markup", "widgets.spelling", "widgets.work", "widgets.reached", "widgets.dialling", "widgets.watching",
     "widgets.event_lines", "widgets.config_lines"),
    ("widgets.attempt_html", "widgets.keys", "widgets.presence", "widgets.looking", "widgets.serving",
     "widgets.asking", "widgets.hearing"),
    ("widgets.look_html", "widgets.answer_html", "widgets.hearing_html"),
    ("widgets._parts",),
    ("widgets.connection", "widgets._fields", "widgets._export"),
    ("widgets._refreshing",),
    ("widgets.action", "widgets.monitor", "widgets.originate", "widgets.queues", "widgets.snapshot"),
    ("widgets",),
    ("",),  # amiframe itself: the public names
    ("cli.exits", "cli.show", "cli.write"),
    ("cli.app", "cli.views"),
    ("cli.reading", "cli.sending", "cli.profiles", "cli.analysing", "cli.calls"),
    ("cli.snapshots",),
    ("cli.check",),
    ("cli.demo", "cli.doctor", "cli.capture", "cli.audit", "cli.report"),
    ("cli.job",),
    ("cli",),
    ("__main__",),
)  # fmt: skip

# third-party packages and who may import them; a package that is not here may be imported by nobody
FENCES = {
    "requests": {"http"},
    "urllib3": {"http"},
    "lxml": {"wire.mxml"},
    "fsspec": {"read", "storage"},
    "werkzeug": {"demo"},
    "platformdirs": {"settings"},
    "keyring": {"settings"},
    "matplotlib": {"plot"},
    "papermill": {"jobs"},
    "nbformat": {"jobs"},
    "jupyter_core": {"jobs"},
    "ipywidgets": {"widgets"},
    "traitlets": {"widgets"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pyarrow": {"wire.grid", "frames", "export", "csvfile", "read", "analysis", "masking", "widgets.markup",
                "workbook"},
    "numpy": {"wire.grid", "frames", "export", "csvfile", "read", "analysis", "plot", "workbook"},
    "openpyxl": {"workbook"},
    "tqdm": {"read", "pbx", "fleet", "workbook"},
    "pandas": {"frames", "reply", "read", "analysis", "pbx", "fleet", "auditing", "doctor", "export", "csvfile", "cli",
               "plot", "windows", "masking", "report", "jobs", "widgets", "workbook"},
}  # fmt: skip


def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


MODULES = modules()
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}


def imported(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written from the root"
            yield str(node.module), [alias.name for alias in node.names]


def runs(tree: ast.Module) -> ast.Module:
    """The module without what only a type checker reads: two classes may name each other."""
    body = [node for node in tree.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")]
    return ast.Module(body, tree.type_ignores)


def ours(tree: ast.Module) -> Iterator[str]:
    for module, names in imported(runs(tree)):
        if module.split(".")[0] != "amiframe":
            continue
        inner = module.removeprefix("amiframe").removeprefix(".")
        as_modules = [f"{inner}.{name}".removeprefix(".") for name in names]
        inside = [name for name in as_modules if name in MODULES]
        yield from inside
        if len(inside) < len(names) or not names:
            yield inner


def test_every_module_has_its_place():
    assert set(MODULES) == set(HEIGHT)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name):
    above = {other for other in ours(MODULES[name]) if HEIGHT[other] >= HEIGHT[name]}
    assert not above, f"{name or 'amiframe'} imports {above}, which is not below it"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_third_party_packages_stay_in_their_rooms(name):
    for module, _ in imported(MODULES[name]):
        package = module.split(".")[0]
        if package in sys.stdlib_module_names or package in ("amiframe", "__future__"):
            continue
        rooms = FENCES.get(package, set())
        assert any(name == room or name.startswith(room + ".") for room in rooms), f"{name} imports {package}"


def test_the_walk_sees_what_it_should():
    tree = ast.parse(
        "import requests.adapters\nfrom amiframe import naming, __version__\nfrom amiframe.wire import mxml\n"
    )
    assert [module for module, _ in imported(tree)] == ["requests.adapters", "amiframe", "amiframe.wire"]
    assert sorted(ours(tree)) == ["", "naming", "wire.mxml"]


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.split(".")[0] == "wire"))
def test_wire_does_no_input_or_output(name):
    tree = MODULES[name]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"open", "print", "input"}
    assert not {module.split(".")[0] for module, _ in imported(tree)} & {
        "socket",
        "os",
        "pathlib",
        "io",
        "logging",
        "time",
    }


def test_importing_the_package_brings_nothing_heavy():
    import subprocess

    code = "import sys, amiframe; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    late = ("matplotlib", "ipywidgets", "papermill", "dask", "IPython", "openpyxl", "werkzeug", "typer", "rich")
    for package in late:
        assert f"'{package}'" not in done.stdout
