"""Numpy and Arrow helpers that the analysis rooms share."""
