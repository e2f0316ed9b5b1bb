"""Bytes <-> messages: no input or output, no pandas. Each reader is fed bytes and gives messages."""
