"""Answers of a PBX in a file that may be shown: what is personal in them is replaced, always by the same."""
