"""The Manager Interface of the embedded PBX: a module for each group of actions."""
