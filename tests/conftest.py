"""Settings of all property tests: no example is timed, and every run of a build tries the same ones."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Without a deadline and without a judgement of how fast examples are made: on a machine that has much else to do
# either would fail a test that is right. Looking for what nobody has seen yet is what `make prove` is for.
settings.register_profile("build", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("build")
