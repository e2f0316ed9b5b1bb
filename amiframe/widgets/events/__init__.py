"""EventMonitor: live events, filtered."""
