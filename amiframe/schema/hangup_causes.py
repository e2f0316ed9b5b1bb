"""What a hangup cause (Q.850) or the Reason of a failed OriginateResponse says about a call that was not answered."""

from __future__ import annotations

OUTCOME_BY_CAUSE = {
    17: "busy",
    18: "no answer",
    19: "no answer",
    20: "no answer",
    21: "rejected",
    34: "congestion",
    38: "congestion",
    41: "congestion",
    42: "congestion",
    44: "congestion",
}
REJECTED = 21
# unknown, normal clearing, answered elsewhere, normal unspecified, interworking
UNSPECIFIC_CAUSES = frozenset({0, 16, 26, 31, 127})

OUTCOME_BY_REASON = {3: "no answer", 5: "busy", 8: "congestion"}
"""Of a failed OriginateResponse; Reason 0 says nothing."""


def is_specific(cause: int) -> bool:
    """Return whether a cause says more than that the call has ended; 0 and -1 stand for none."""
    return cause > 0 and cause not in UNSPECIFIC_CAUSES


def outcome_of_cause(cause: int) -> str:
    """Return the outcome of a call that was not answered and whose far end hung up with a cause.

    Examples
    --------
    >>> [outcome_of_cause(cause) for cause in (17, 20, 16, 1)]
    ['busy', 'no answer', 'no answer', 'failed']
    """
    return OUTCOME_BY_CAUSE.get(cause, "failed" if is_specific(cause) else "no answer")
