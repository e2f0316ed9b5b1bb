"""Asterisk's Manager Interface over HTTP as pandas DataFrames.

The public names are in ``__init__.pyi``, for type checkers, editors and ``import amiframe`` alike. Each is imported
when it is asked for, so that ``import amiframe`` takes no time and needs no extra.
"""

import lazy_loader as _lazy_loader

__getattr__, __dir__, __all__ = _lazy_loader.attach_stub(__name__, __file__)
__all__ = [name for name in __all__ if name not in ("jobs", "plot", "widgets")]  # a star import needs no extra
