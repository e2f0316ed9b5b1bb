"""The PBX behind the embedded server: its clock, channels, calls, queues and records."""
