"""The base class of every driver's conformance test.

    class TestAcmePump(DriverConformance):
        capabilities = Capabilities(libraries=("serial",))

        @pytest.fixture
        def bench(self, tmp_path: Path) -> Iterator[Bench]:
            with acme_on_a_pseudo_terminal(tmp_path) as bench:
                yield bench

That is the whole of it. The checks are in three files, by what they are about: the plugin before anything
is opened, the observations, and the line.
"""

from __future__ import annotations

from drivers.testing.checks_line import LineChecks
from drivers.testing.checks_observations import ObservationChecks
from drivers.testing.checks_plugin import PluginChecks


class DriverConformance(PluginChecks, ObservationChecks, LineChecks):
    """Every check of the kit; subclass it, set ``capabilities`` and give it a ``bench``."""
