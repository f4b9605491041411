"""Drivers: read-only roads from a pump's wire to observations."""
