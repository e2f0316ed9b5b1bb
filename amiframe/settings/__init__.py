"""What a connection needs to know and where it comes from: the call, the environment, profiles in files."""

from amiframe.privacy.secret import Secret, hidden
from amiframe.settings.profile_files import ProfileFile, read_files
from amiframe.settings.resolution import SETTINGS, chosen, explain, lacks_secret, problem, resolve, told
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
    "chosen",
    "explain",
    "hidden",
    "lacks_secret",
    "problem",
    "read_files",
    "resolve",
    "told",
]
