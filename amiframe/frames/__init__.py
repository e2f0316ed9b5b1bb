"""Messages + schema -> DataFrames; the one place where dtypes are set."""

from amiframe.frames.casting import server_time
from amiframe.frames.from_messages import (
    EVENT_COLUMNS,
    about,
    arguments_frame,
    commands_frame,
    event_builder,
    event_frame,
    event_kinds,
    list_frame,
    outcome_frame,
    output_frame,
    single_frame,
    with_columns,
)
from amiframe.frames.from_rows import rows_frame, stacked

__all__ = [
    "EVENT_COLUMNS",
    "about",
    "arguments_frame",
    "commands_frame",
    "event_builder",
    "event_frame",
    "event_kinds",
    "list_frame",
    "outcome_frame",
    "output_frame",
    "rows_frame",
    "server_time",
    "single_frame",
    "stacked",
    "with_columns",
]
