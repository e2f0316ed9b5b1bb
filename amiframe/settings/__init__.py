"""What a connection needs to know and where it comes from: the call, the environment, profiles in files."""

from amiframe.privacy.secret import Secret, as_secret
from amiframe.settings.profile_files import ProfileFile, read_files
from amiframe.settings.resolution import (
    SETTINGS,
    describe_secret_source,
    explain,
    lacks_secret,
    profile_name,
    resolve,
    secret_error,
    timezone_of,
)
from amiframe.settings.target import COOKIE_TWIN, DEMO, INTERFACES, RAW_TWIN, Target

__all__ = [
    "COOKIE_TWIN",
    "DEMO",
    "INTERFACES",
    "RAW_TWIN",
    "SETTINGS",
    "ProfileFile",
    "Secret",
    "Target",
    "as_secret",
    "describe_secret_source",
    "explain",
    "lacks_secret",
    "profile_name",
    "read_files",
    "resolve",
    "secret_error",
    "timezone_of",
]
