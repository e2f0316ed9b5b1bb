"""The HTTP side of the embedded PBX: connections, digest, sessions, form parameters."""
