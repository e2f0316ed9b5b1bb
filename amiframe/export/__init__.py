"""Frames in files: CSV, Parquet, Excel and HTML, written as a whole or not at all, and read back."""
