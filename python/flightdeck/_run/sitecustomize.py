"""What Python imports at its start under `flightdeck-run`: measures the application as soon as its framework is imported."""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
# Only this once: what the program starts itself finds it in the environment again.
sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != _here]
_this = sys.modules.pop("sitecustomize")
try:
    # The one that ours stands before.
    import sitecustomize  # noqa: F401
except ImportError:
    sys.modules["sitecustomize"] = _this
try:
    from flightdeck.run import follow_imports

    follow_imports()
except Exception as error:
    print(f"flightdeck: nothing is measured: {error!r}", file=sys.stderr)
