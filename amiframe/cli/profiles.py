"""What a profile says, and which place says it; never a secret, only where it would come from."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer

from amiframe import settings
from amiframe.cli._common import Output, echo, emit, warn
from amiframe.cli._tables import text, value
from amiframe.cli.app import Group, app

LIST = (
    value("profile", least=8),
    value("default"),
    value("url", least=12, folds=True),
    value("username", least=6),
    value("place", "from", least=4),
)
SHOW = (
    value("setting", least=9),
    value("value", least=16, folds=True),
    value("source", "from", least=12, folds=True),
)

profiles_app = typer.Typer(cls=Group, help="Profiles: the PBXs that are known by name.", no_args_is_help=True)
app.add_typer(profiles_app, name="profiles")


@profiles_app.command("list")
def profiles_list(output: Output = None) -> None:
    """Show the profiles that can be named here: the project's, yours, and the embedded PBX.

    Example: amiframe profiles list
    """
    files = settings.read_files()
    default = settings.profile_name(None)
    rows = []
    for name in sorted({name for file in files for name in file.profiles}):
        found = settings.explain(name).settings
        rows.append({
            "profile": name,
            "default": "yes" if name == default else None,
            "url": found["url"].value if "url" in found else None,
            "username": found["username"].value if "username" in found else None,
            "source": ", ".join(file.short_path for file in files if name in file.profiles),
            "place": ", ".join(_place(file) for file in files if name in file.profiles),
        })  # fmt: skip
    rows.append({
        "profile": settings.DEMO, "default": "yes" if default == settings.DEMO else None,
        "url": "the embedded PBX, in this process", "username": None, "source": "built in",
        "place": "built in",
    })  # fmt: skip
    frame = pd.DataFrame(rows, dtype="str")
    title = f"{len(frame)} profile{'s' if len(frame) > 1 else ''}"
    emit(frame.drop(columns="place"), LIST, title, output, 0, printed=frame)
    if "-" not in (output or []):
        for file in files:
            here = "" if file.path.is_file() else "  (not there)"
            echo(f"{_place(file)}: {file.short_path}{here}", style="dim")


@profiles_app.command("show")
def profiles_show(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Profile; default: the one used here.")] = None,
    output: Output = None,
) -> None:
    """Show each setting of a connection and where it comes from; of the secret only where it is kept.

    Example: amiframe profiles show office
    """
    found = settings.explain(name)
    rows: list[tuple[str, str | None, str | None]] = []
    if found.profile:
        rows.append(("profile", found.profile, found.source))
    for key in settings.SETTINGS:
        setting = found.settings.get(key)
        if setting is not None:
            text = settings.describe_secret_source(found) if key == "secret" else _shown(setting.value)
            rows.append((key, text, setting.source))
        else:
            is_demo = found.profile == settings.DEMO
            rows.append((key, "the embedded PBX's own" if is_demo else None, "built in" if is_demo else "missing"))
    frame = pd.DataFrame(rows, columns=["setting", "value", "source"], dtype="str")
    emit(frame, SHOW, f"the connection {f'{found.profile!r}' if found.profile else 'without a profile'}", output, 0)
    if wrong := settings.secret_error(found):
        warn(str(wrong.args[0]))
        warn(f"  hint: {wrong.hint}")


def _place(file: settings.ProfileFile) -> str:
    return "project" if file.is_project else "user"


def _shown(value: object) -> str:
    """Return a value as it is written in a file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else text(value)
