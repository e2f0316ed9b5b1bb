"""What event logs, queue_log and snapshots tell: pure functions, frame in, frame out."""
