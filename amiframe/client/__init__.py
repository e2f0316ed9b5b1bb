"""A live PBX: actions in, frames out."""

from amiframe.client.bulk_originate import originate_many
from amiframe.client.pbx import Batch, Pbx, connect
from amiframe.client.queries import Ping

__all__ = ["Batch", "Pbx", "Ping", "connect", "originate_many"]
