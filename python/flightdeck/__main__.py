"""`python -m flightdeck run COMMAND`: the same as `flightdeck-run COMMAND`."""

from __future__ import annotations

import sys

from .run import USAGE, main

if __name__ == "__main__":
    if sys.argv[1:2] != ["run"]:
        print(USAGE, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[2:]))
