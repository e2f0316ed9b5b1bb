"""The secret, from the place that a setting names: a variable, a private file, the system's keyring."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from amiframe.errors import ConfigError
from amiframe.privacy.secret import Secret
from amiframe.settings.profile_files import Setting, short_path

HOW_TO_SET = "connect(..., secret=...), secret_file in the profile, or set AMIFRAME_SECRET"
"""What to do about a secret that is not there."""


def fetch(secret: Setting, username: str, environ: Mapping[str, str]) -> Secret:
    """Return the password from the place that a setting names.

    Raises
    ------
    ConfigError
        It is not there, or others can read it too.
    """
    found: Secret = _READERS[secret.key](secret, username, environ)
    if not found.reveal():
        raise ConfigError(f"the secret from {secret.source} is empty", hint=HOW_TO_SET)
    if any(character < " " for character in found.reveal()):
        raise ConfigError("the secret holds a control character", hint="a line end, copied along?")
    return found


def describe_secret_source(secret: Setting) -> str:
    """Return in words where the secret would come from."""
    return _PLACES[secret.key].format(secret.value)


def _open_private(path: Path, what: str) -> bytes:
    """Return the content of a file that holds a secret; others who may read it are a reason to refuse it."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise ConfigError(
                    f"{what} {short_path(path)} may be read by others (mode {stat.S_IMODE(mode):04o})",
                    hint=f"chmod 600 {short_path(path)}",
                )
            return file.read()
    except OSError as error:
        raise ConfigError(f"{what} {short_path(path)} cannot be read: {error.strerror}") from None


def _from_bytes(data: bytes) -> Secret:
    return Secret(data.decode("utf-8").removesuffix("\n").removesuffix("\r"))


def _from_setting(secret: Setting, _: str, __: Mapping[str, str]) -> Secret:
    if secret.file is not None:
        _open_private(secret.file.path, "the file with a secret")
    return secret.value  # type: ignore[no-any-return]


def _from_variable(secret: Setting, _: str, environ: Mapping[str, str]) -> Secret:
    if not environ.get(secret.value):
        raise ConfigError(
            f"the variable {secret.value} is not set; {secret.source} names it as secret_env",
            hint=f"export {secret.value}=..., from a place that others cannot read",
        )
    return Secret(environ[secret.value])


def _from_file(secret: Setting, _: str, __: Mapping[str, str]) -> Secret:
    assert secret.file is not None  # noqa: S101 - for the type checker
    path = secret.file.beside(secret.value)
    try:
        return _from_bytes(_open_private(path, "secret_file"))
    except UnicodeDecodeError:
        pass  # it holds the bytes: the error of ours must not lead to it
    raise ConfigError(f"secret_file {short_path(path)} is no UTF-8 text")


def _from_keyring(secret: Setting, username: str, _: Mapping[str, str]) -> Secret:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise ConfigError(
            f"{secret.source} keeps the secret in a keyring, and that package is not installed",
            hint="pip install 'amiframe[keyring]'",
        ) from None
    try:
        text = keyring.get_password(secret.value, username)
    except keyring.errors.KeyringError as error:
        raise ConfigError(
            f"the keyring does not open ({type(error).__name__})", hint="is there one, and is it unlocked?"
        ) from None
    if text is None:
        raise ConfigError(
            f"the keyring has no secret of {secret.value!r} for {username!r}",
            hint=f"keyring set {secret.value} {username}",
        )
    return Secret(text)


def _from_credential(secret: Setting, _: str, environ: Mapping[str, str]) -> Secret:
    """Read what the service manager hands to this service alone (LoadCredential); it guards who may read it."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise ConfigError(
            f"{secret.source} names a credential of the service manager, and there are none here",
            hint=f"LoadCredential={secret.value}:/path/of/the/file in the unit; elsewhere use secret_file",
        )
    path = Path(folder) / str(secret.value)
    try:
        return _from_bytes(path.read_bytes())
    except UnicodeDecodeError:
        why = "no UTF-8 text"  # the error holds the bytes: ours must not lead to it
    except OSError as error:
        why = error.strerror or "it is not there"
    raise ConfigError(f"the credential {secret.value!r} cannot be read: {why}")


_PLACES = {
    "secret": "***",
    "secret_env": "variable {}",
    "secret_file": "file {}",
    "secret_credential": "credential {} of the service manager",
    "secret_keyring": "keyring, service {}",
}
_READERS: dict[str, Callable[[Setting, str, Mapping[str, str]], Secret]] = {
    "secret": _from_setting,
    "secret_env": _from_variable,
    "secret_file": _from_file,
    "secret_keyring": _from_keyring,
    "secret_credential": _from_credential,
}
