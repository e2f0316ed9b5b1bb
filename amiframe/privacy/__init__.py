"""Secrets and personal data: what holds them, and how they are kept out of output."""
