"""Which profile is meant, and each setting from the strongest place that names it.

The call goes before the environment, that before the project's file, and the user's file comes last, key by key.
"""

from __future__ import annotations

import difflib
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amiframe.errors import ConfigError
from amiframe.privacy.secret import Environment, Secret, as_secret
from amiframe.settings import secret_sources
from amiframe.settings.profile_files import CHECKS, PROJECT_FILE, SECRETS, ProfileFile, Setting, read_files
from amiframe.settings.target import DEMO, Target, checked_address, checked_proxy

ENVIRONMENT = {name: f"AMIFRAME_{name.upper()}" for name in ("url", "username", "secret", "interface")}
DEFAULTS = {
    "interface": "rawman",
    "login": "plain",
    "timeout": 30.0,
    "verify": True,
    "proxy": None,
    "timezone": None,
    "trunks": (),
}
_ROUTE = ("url", "verify", "proxy", "login")  # what decides who can read the secret on its way
SETTINGS = ("url", "username", "secret", *DEFAULTS)
_HOW_TO_SET = {
    "url": "connect('http://pbx:8088') or --target, a profile in amiframe.toml, or set AMIFRAME_URL",
    "username": "connect(..., username=...) or --username, username in the profile, or set AMIFRAME_USERNAME",
    "secret": secret_sources.HOW_TO_SET,
}


@dataclass(frozen=True, slots=True)
class ResolvedSettings:
    """All settings of one connection, unchecked against each other; ``settings`` by name, what nothing names left out.

    Parameters
    ----------
    profile : str or None
        The profile that is meant.
    source : str or None
        What names it.
    settings : mapping
    """

    profile: str | None
    source: str | None
    settings: Mapping[str, Setting]


def resolve(
    target: str | None,
    *,
    username: str | None,
    secret: str | Secret | None,
    interface: str | None,
    environ: Mapping[str, str] | None = None,
    **more: Any,
) -> Target:
    """Return the target of a call; what the call leaves out comes from the environment and from profiles.

    Parameters
    ----------
    target : str or None
        An address, or the name of a profile. An address in the call uses no profile: what is kept for one PBX is not
        sent to another.
    username, secret, interface : optional
    environ : mapping, optional
        The environment; default: that of the process.
    **more
        ``timeout``, ``verify``, ``proxy``, ``login``; None: not given.

    Raises
    ------
    ConfigError
        A setting is missing or unusable.
    """
    secret, env = as_secret(secret), _environment(environ)
    found = look_up(target, {"username": username, "secret": secret, "interface": interface, **more}, env)
    settings = found.settings
    for name, hint in _HOW_TO_SET.items():
        if name not in settings:
            where = f" for profile {found.profile!r}" if found.profile else ""
            hint = _with_profiles(hint) if name == "url" else hint
            raise ConfigError(f"no {name} given{where}", hint=hint + _unused_variables(env))
    _refuse_rerouted(found)
    secret = secret_sources.fetch(settings["secret"], str(settings["username"].value), env)
    return Target(
        url=checked_address(settings["url"].value),
        username=settings["username"].value,
        secret=secret,
        interface=settings["interface"].value,
        timeout=float(settings["timeout"].value),
        verify=_ca_file(settings["verify"]),
        proxy=checked_proxy(settings["proxy"].value or ""),
        login=settings["login"].value,
        timezone=settings["timezone"].value,
        trunks=tuple(settings["trunks"].value),
        profile=found.profile,
    )


def profile_name(target: str | None, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the name of the profile that a call with this target means, if any.

    Examples
    --------
    >>> profile_name("demo"), profile_name("http://pbx:8088"), profile_name(None, {"AMIFRAME_PROFILE": "office"})
    ('demo', None, 'office')
    """
    return _choose(target, _environment(environ))[0]


def explain(target: str | None, environ: Mapping[str, str] | None = None) -> ResolvedSettings:
    """Return each setting that a connection would have, and where it comes from; nothing is opened.

    Raises
    ------
    ConfigError
        A file or a value cannot be used, or there is no such profile.
    """
    return look_up(target, {}, _environment(environ))


def describe_secret_source(found: ResolvedSettings) -> str:
    """Return in words where the secret would come from; never the secret."""
    return secret_sources.describe_secret_source(found.settings["secret"])


def secret_error(found: ResolvedSettings, environ: Mapping[str, str] | None = None) -> ConfigError | None:
    """Return what is wrong where the secret is kept, if anything; a keyring is not opened to find out."""
    secret = found.settings.get("secret")
    if secret is None or secret.key == "secret_keyring":
        return None
    try:
        secret_sources.fetch(secret, "", _environment(environ))
    except ConfigError as error:
        return error
    return None


def lacks_secret(target: str | None) -> bool:
    """Return whether a connection would only lack the secret, so that a person may be asked for it."""
    settings = look_up(target, {}, _environment(None)).settings
    return "secret" not in settings and "url" in settings


def look_up(target: str | None, given: Mapping[str, Any], environ: Mapping[str, str]) -> ResolvedSettings:
    """Return each setting from the strongest place that names it; the secret as the place where it is.

    Raises
    ------
    ConfigError
        A file or a value cannot be used, or there is no such profile.
    """
    name, source, files = _choose(target, environ)
    is_named = bool(target) and name is not None
    settings: dict[str, Setting] = {}
    if target and name is None:
        settings["url"] = Setting("url", target, "call")
    for key, value in given.items():
        if value is not None and (value != "" or key == "proxy"):
            settings[key] = Setting(key, value, "call")
    for key in _keys_of_environment(name, is_named, environ):
        variable = ENVIRONMENT[key]
        value = as_secret(environ[variable]) if key == "secret" else environ[variable]
        settings.setdefault(key, Setting(key, value, f"environment {variable}"))
    if name not in (None, DEMO):
        for file, profile in _profiles(str(name), files or read_files()):
            for key, value in profile.items():
                settings.setdefault("secret" if key in SECRETS else key, Setting(key, value, file.short_path, file))
    for key, setting in settings.items():
        if setting.file is None:
            _check(key, setting)
    for key, value in DEFAULTS.items():
        settings.setdefault(key, Setting(key, value, "default"))
    return ResolvedSettings(name, source, {key: settings[key] for key in SETTINGS if key in settings})


def _environment(environ: Mapping[str, str] | None) -> Environment:
    return Environment(os.environ if environ is None else environ)


def _keys_of_environment(name: str | None, is_named: bool, environ: Mapping[str, str]) -> list[str]:
    """Return the settings that the environment names for a profile."""
    named = [key for key, variable in ENVIRONMENT.items() if environ.get(variable)]
    if name == DEMO:  # it has accounts of its own
        return [key for key in named if key == "interface"]
    # a profile that the call names says itself where it is
    is_address = not is_named and "://" in environ.get(ENVIRONMENT["url"], "")
    return [key for key in named if key != "url" or is_address]


def _check(name: str, setting: Setting) -> None:
    """Check what the call or the environment gave, as a file is checked."""
    try:
        if setting.value != "":  # proxy="": none, whatever a profile says
            CHECKS[name](setting.value)
    except ConfigError as error:
        raise ConfigError(f"{name} from the {setting.source}: {error.args[0]}", hint=error.hint) from None


def _choose(
    target: str | None, environ: Mapping[str, str]
) -> tuple[str | None, str | None, tuple[ProfileFile, ...] | None]:
    """Return the profile that is meant, what names it, and the files if they had to be read for that.

    An address that a stronger place names leaves no profile to choose below it.
    """
    if target:
        return (None, None, None) if "://" in target else (target, "call", None)
    url = environ.get("AMIFRAME_URL")
    if url and "://" not in url:
        return url, "environment AMIFRAME_URL", None
    if environ.get("AMIFRAME_PROFILE"):
        return environ["AMIFRAME_PROFILE"], "environment AMIFRAME_PROFILE", None
    if url:
        return None, None, None
    files = read_files()
    named = next((file for file in files if file.profile), None)
    return (named.profile, f"{named.short_path}, profile", files) if named else (None, None, files)


def _profiles(name: str, files: tuple[ProfileFile, ...]) -> list[tuple[ProfileFile, Mapping[str, Any]]]:
    """Return the settings of a profile, with the file of each part."""
    found = [(file, file.profiles[name]) for file in files if name in file.profiles]
    if not found:
        raise _no_profile(name, files)
    return found


def _no_profile(name: str, files: tuple[ProfileFile, ...]) -> ConfigError:
    known = sorted({DEMO, *(profile for file in files for profile in file.profiles)})
    near = difflib.get_close_matches(name, known, 1)
    places = " and ".join(file.short_path for file in files)
    hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)};"
    return ConfigError(f"no profile {name!r} in {places}", hint=f"{hint} an address needs a scheme: http://pbx:8088")


def _with_profiles(hint: str) -> str:
    known = sorted({name for file in read_files() for name in file.profiles})
    return f"{hint}; profiles here: {', '.join(known)}" if known else hint


_OTHER_VARIABLES = (
    "AMIFRAME_PROFILE",
    "AMIFRAME_READ_ONLY",
    "AMIFRAME_REDACT_KEY",
    "AMIFRAME_MASK_KEY",  # until 0.3
    "AMIFRAME_BLANK_DIGITS",  # the last three: of jobs
)


def _unused_variables(environ: Environment) -> str:
    """Return a word on variables that look as if they were ours: AMIFRAME_PASSWORD, AMIFRAME_USER."""
    known = {*ENVIRONMENT.values(), *_OTHER_VARIABLES}
    unread = sorted(name for name in environ if name.startswith("AMIFRAME_") and name not in known)
    return f"; {', '.join(unread)}: no setting has this name" if unread else ""


def _refuse_rerouted(found: ResolvedSettings) -> None:
    """Refuse to send a secret of the user's own file where only a project's file says: any project could say that."""
    secret = found.settings["secret"]
    if secret.file is None or secret.file.is_project:
        return
    own = secret.file.profiles[str(found.profile)]
    for name in _ROUTE:
        setting = found.settings[name]
        by_project = setting.file is not None and setting.file.is_project
        if by_project and "url" in own and own.get(name, DEFAULTS.get(name)) != setting.value:
            raise ConfigError(
                f"{setting.source} changes the {name} of profile {found.profile!r}, whose secret is in {secret.source}",
                hint=f"a project may not send it elsewhere: name the secret in {PROJECT_FILE} too (secret_env, "
                f"secret_file), or take the {name} out of one of the two files",
            )


def _ca_file(verify: Setting) -> bool | str:
    """Return whether to verify, or the path of the CA file, which has to be there."""
    if isinstance(verify.value, bool):
        return verify.value
    path = verify.file.beside(verify.value) if verify.file else Path(verify.value)
    if not path.exists():
        raise ConfigError(f"no CA file {path}", hint="verify takes True, False, or the path of a PEM file")
    try:
        is_folder = path.is_dir()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(None if is_folder else path, path if is_folder else None)
    except OSError:  # ssl's own errors are some
        raise ConfigError(f"{path} is no CA file", hint="a PEM file: -----BEGIN CERTIFICATE----- ...") from None
    return str(path)


def timezone_of(target: str | None) -> str | None:
    """Return the zone that a profile names."""
    zone = explain(target).settings["timezone"].value if target else None
    return None if zone is None else str(zone)
