"""Profiles in files: the project's ``amiframe.toml`` and the user's ``config.toml``, every key checked.

A file that every user can write, or that belongs to another user, is refused: a profile decides where the secret
is sent.
"""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from amiframe.errors import ConfigError
from amiframe.privacy.secret import Secret, as_secret
from amiframe.settings.target import INTERFACES, LOGINS, checked_address, checked_proxy

PROJECT_FILE = "amiframe.toml"
USER_FILE = "config.toml"
SECRETS = ("secret", "secret_env", "secret_file", "secret_credential", "secret_keyring")
"""Keys that tell the secret, or where it is; a profile has one of them."""

_ALIASES = {  # what people write for our keys
    "password": "secret_file",
    "passwd": "secret_file",
    "secret_path": "secret_file",
    "user": "username",
    "login_user": "username",
    "host": "url",
    "address": "url",
    "target": "url",
    "tz": "timezone",
    "auth": "login",
    "ca": "verify",
    "cafile": "verify",
    "ca_file": "verify",
    "trunk": "trunks",
    "env": "secret_env",
}


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """One file with profiles; not there: empty.

    Parameters
    ----------
    path : Path
    is_project : bool
        Whether it belongs to a project, and may be committed and shared; else to the user.
    profile : str, optional
        Name of the profile that is meant when none is named.
    profiles : mapping
        Settings by profile name.
    """

    path: Path
    is_project: bool
    profile: str | None = None
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def short_path(self) -> str:
        """The path as one reads it: from here, or from one's home."""
        return short_path(self.path)

    def beside(self, path: str) -> Path:
        """Return a path of the file, which is relative to its own folder."""
        return self.path.parent / Path(path).expanduser()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting and where it comes from.

    Parameters
    ----------
    key : str
        The key that named it: ``secret_file``, where the setting is the secret.
    value : object
    source : str
        ``call``, ``environment``, ``default``, or the path of a file.
    file : ProfileFile, optional
        That file.
    """

    key: str
    value: Any
    source: str
    file: ProfileFile | None = None


def short_path(path: Path) -> str:
    """Return a path as one reads it: from the working directory, or from one's home."""
    whole = os.path.abspath(path)  # noqa: PTH100 - links stay as they are named
    ways = [whole, os.path.relpath(whole)]
    if Path(whole).is_relative_to(Path.home()):
        ways.append(f"~/{Path(whole).relative_to(Path.home()).as_posix()}")
    return min(ways, key=len)


def read_files() -> tuple[ProfileFile, ...]:
    """Return the project's file, the nearest from the working directory up, and the user's; first the stronger one.

    Raises
    ------
    ConfigError
        A file cannot be used: what is wrong, and where.
    """
    here = Path.cwd()
    project_path = next((path for folder in (here, *here.parents) if (path := folder / PROJECT_FILE).is_file()), None)
    user = platformdirs.user_config_path("amiframe", appauthor=False) / USER_FILE
    project = (_read(project_path, is_project=True),) if project_path else ()
    return (*project, _read(user, is_project=False) if user.is_file() else ProfileFile(user, is_project=False))


# --- one file ---------------------------------------------------------------------------------------------------------


def _read(path: Path, *, is_project: bool) -> ProfileFile:
    where = short_path(path)
    data = _parsed(path, where)
    if isinstance(data, ConfigError):
        raise data  # out here, so that nothing leads to the cause: it holds the whole text, and that may have a secret
    for key in data:
        if key not in ("profile", "profiles"):
            raise _unknown(key, ("profile", "profiles"), where, "at its top")
    profile, profiles = data.get("profile"), data.get("profiles", {})
    if not (profile is None or isinstance(profile, str)) or not isinstance(profiles, dict):
        raise ConfigError(f"{where}: profiles are written as [profiles.NAME]", hint="[profiles.office]")
    for name, settings in profiles.items():
        _check_profile(name, settings, where, is_project=is_project)
    return ProfileFile(path, is_project, profile, profiles)


def _parsed(path: Path, where: str) -> dict[str, Any] | ConfigError:
    """Return what a file says, each secret as one; or what is wrong with it."""
    try:
        with path.open("rb") as file:
            _refuse_planted(os.fstat(file.fileno()), path)
            data = tomllib.loads(file.read().decode("utf-8-sig"))  # editors of Windows put a mark in front
    except OSError as error:
        return ConfigError(f"{where} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return ConfigError(f"{where} is no UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        # its own words, and no more: newer Pythons keep the text with it
        return ConfigError(f"{where} is no TOML: {error}", hint='text goes into quotes: username = "monitor"')
    profiles = data.get("profiles")
    for profile in profiles.values() if isinstance(profiles, dict) else ():
        if isinstance(profile, dict) and profile.get("secret"):
            profile["secret"] = as_secret(profile["secret"])
    return data


def _refuse_planted(status: os.stat_result, path: Path) -> None:
    """Refuse a file that another user may have written: in a folder for everybody it could be anybody's."""
    if os.name != "posix":
        return
    me = os.geteuid()
    is_open = bool(path.parent.stat().st_mode & stat.S_IWOTH)
    is_foreign = status.st_uid not in (me, 0) and (me != 0 or is_open)
    if is_foreign or status.st_mode & stat.S_IWOTH:
        why = "belongs to another user" if is_foreign else "may be written by everybody"
        raise ConfigError(
            f"{short_path(path)} {why}, and it says where a secret is sent: it is not used",
            hint=f"chown {me} {short_path(path)}; chmod o-w {short_path(path)}; or work in another folder",
        )


def _check_profile(name: str, settings: Any, where: str, *, is_project: bool) -> None:
    table = f"[profiles.{name}]"
    if not isinstance(settings, dict):
        raise ConfigError(f"{where}: {table} is no table", hint="[profiles.office], and its keys below it")
    if name == "demo" or "://" in name:
        raise ConfigError(f"{where}: a profile cannot be called {name!r}", hint="demo is the embedded PBX")
    for key, value in settings.items():
        if key not in CHECKS:
            raise _unknown(key, tuple(CHECKS), where, f"in {table}")
        try:
            CHECKS[key](value)
        except ConfigError as error:
            raise ConfigError(f"{where}: {key} in {table}: {error.args[0]}", hint=error.hint) from None
    named = [key for key in SECRETS if key in settings]
    if len(named) > 1:
        raise ConfigError(f"{where}: {table} has {' and '.join(named)}", hint="one of them is enough")
    if is_project and "secret" in settings:
        raise ConfigError(
            f"{where}: {table} holds a secret, and a project's file is shared and committed",
            hint='secret_env = "PBX_SECRET" names a variable, secret_file a file of mode 600; change the secret, too',
        )


def _unknown(key: str, known: tuple[str, ...], where: str, place: str) -> ConfigError:
    near = difflib.get_close_matches(key.lower(), known, 1)
    guess = _ALIASES.get(key.lower()) if _ALIASES.get(key.lower()) in known else (near[0] if near else None)
    hint = f"did you mean {guess!r}?" if guess else f"one of {', '.join(known)}"
    return ConfigError(f"{where}: unknown key {key!r} {place}", hint=hint)


# --- each key ---------------------------------------------------------------------------------------------------------


def _text(value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise ConfigError("a text in quotes is wanted")
    if any(character < " " for character in value):
        raise ConfigError("it holds a control character", hint="a line end, copied along?")


def _secret(value: Any) -> None:
    if not isinstance(value, Secret):
        raise ConfigError("a text in quotes is wanted")
    if any(character < " " for character in value.reveal()):
        raise ConfigError("it holds a control character", hint="a line end, copied along?")


def _name(value: Any) -> None:
    _text(value)
    if "/" in value or value.startswith("."):
        raise ConfigError("a name is wanted, no path")


def _one_of(*known: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        _text(value)
        if value not in known:
            raise ConfigError(f"{value!r} cannot be used", hint=f"one of {', '.join(known)}")

    return check


def _seconds(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ConfigError(f"{value!r} is no time to wait", hint="seconds, for example timeout = 30")


def _verify(value: Any) -> None:
    if not isinstance(value, bool):
        _text(value)


def _patterns(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ConfigError("a list of texts is wanted", hint='trunks = ["PJSIP/trunk-*"]')


def _zone(value: Any) -> None:
    _text(value)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(value, zoneinfo.available_timezones(), 1)
        hint = f"did you mean {near[0]!r}?" if near else "a name of the tz database: Europe/Moscow"
        raise ConfigError(f"{value!r} is no time zone", hint=hint) from None


def _address(value: Any) -> None:
    _text(value)
    checked_address(value)


def _proxy(value: Any) -> None:
    _text(value)
    checked_proxy(value)


CHECKS: dict[str, Callable[[Any], None]] = {
    "url": _address,
    "username": _text,
    "secret": _secret,
    "secret_env": _text,
    "secret_file": _text,
    "secret_credential": _name,
    "secret_keyring": _text,
    "interface": _one_of(*INTERFACES),
    "login": _one_of(*LOGINS),
    "timeout": _seconds,
    "verify": _verify,
    "proxy": _proxy,
    "timezone": _zone,
    "trunks": _patterns,
}
"""Every key of a profile, and what its value has to be."""
