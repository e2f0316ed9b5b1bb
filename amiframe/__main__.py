"""``python -m amiframe`` is the command line."""

from amiframe.cli import main

if __name__ == "__main__":
    main()
