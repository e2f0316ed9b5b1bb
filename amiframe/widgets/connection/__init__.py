"""ConnectionPanel: choose a PBX and log in."""
