"""Runs prometheus_client's own tests against ours: the import is redirected, nothing else is touched."""

import flightdeck

flightdeck.install()
