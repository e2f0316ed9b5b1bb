"""OriginateForm: place a call and follow it."""
