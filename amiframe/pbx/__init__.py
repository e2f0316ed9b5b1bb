"""A live PBX: actions in, frames out."""

from amiframe.pbx.calling import Batch, Pbx, connect
from amiframe.pbx.many import originate_many
from amiframe.pbx.reading import Ping

__all__ = ["Batch", "Pbx", "Ping", "connect", "originate_many"]
