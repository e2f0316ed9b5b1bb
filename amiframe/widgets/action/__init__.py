"""ActionForm: send any action by its own documentation."""
