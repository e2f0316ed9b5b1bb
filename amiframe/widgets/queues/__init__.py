"""QueueBoard: queues, their members and the callers who wait."""
