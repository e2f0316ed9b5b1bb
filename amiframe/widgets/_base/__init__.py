"""What all widgets share: the panel, background work, refreshing, HTML."""
