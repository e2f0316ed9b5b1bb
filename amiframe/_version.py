"""The version, read by the build, by ``--version`` and by the User-Agent."""

__version__ = "0.2.0.dev0"
