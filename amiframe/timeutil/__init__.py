"""Time zones, bins of time and the windows of reports."""
