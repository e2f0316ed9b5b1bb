"""SnapshotExplorer: channels, compared with an earlier snapshot."""
