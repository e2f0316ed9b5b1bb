"""Snapshots of a PBX: grouped into calls, compared, and searched for problems."""
