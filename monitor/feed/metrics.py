"""Counts what the feed does and shows what the monitor knows, for Prometheus, in a registry of its own."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from monitor.feed.records import Count
from monitor.feed.source import FeedSource
from monitor.feed.wire import seconds
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.state import OffClass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE"})


class FeedMetrics:
    """The feed's own counters, and the registry in which everyone's stand.

    Args:
        registry: Where other parts of the monitor count as well; a new one if there are none.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.answers = Counter(
            "pumpwatch_feed_answers", "Answers by route, method and status.", ("route", "method", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.streams = Gauge("pumpwatch_feed_streams", "Open event streams.", registry=self.registry)
        self.cut_off = Counter(
            "pumpwatch_feed_streams_cut_off", "Streams ended because nobody read them.", registry=self.registry
        )

    def count_answer(self, scope: Scope, status: int) -> None:
        """Count one answer; addresses and methods that are not ours share one label each."""
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.answers.labels(route, method, str(status)).inc()

    def watch(self, source: FeedSource) -> None:
        """Show what ``source`` knows at each scrape."""
        self.registry.register(_BoardCollector(source))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


class _BoardCollector(Collector):
    """The board in numbers: no label names a pump or a person."""

    def __init__(self, source: FeedSource) -> None:
        self._source = source

    def describe(self) -> Iterator[Metric]:
        """Return nothing: registering must not ask the source."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Return the board's numbers now."""
        pumps = self._source.pumps()
        views = [pump.interruption for pump in pumps if pump.interruption is not None]
        left = [left_us for pump in pumps if (left_us := pump.time_left_us()) is not None]
        alerts = Tally(alert.priority for pump in pumps for alert in pump.alerts)
        classes = Tally(view.off_class for view in views)
        yield _gauge("pumpwatch_ready", "1 if every part of the monitor works.", self._source.health().is_ready)
        yield _gauge("pumpwatch_pumps", "Pumps under watch.", len(pumps))
        yield _gauge("pumpwatch_pumps_silent", "Pumps not heard for too long.", sum(pump.is_silent for pump in pumps))
        if left:
            yield _gauge("pumpwatch_time_left_seconds", "Least worst-case time left.", seconds(min(left)))
        longest_us = max((view.off_max_us for view in views), default=0)
        yield _gauge("pumpwatch_off_time_max_seconds", "Longest upper bound of an off-time.", seconds(longest_us))
        by_class = GaugeMetricFamily("pumpwatch_interruptions", "Open interruptions by class.", labels=["class"])
        for off_class in OffClass:
            by_class.add_metric([off_class.value], classes[off_class])
        yield by_class
        by_priority = GaugeMetricFamily("pumpwatch_alerts", "Unresolved alerts by priority.", labels=["priority"])
        for priority in AlertPriority:
            by_priority.add_metric([priority.value], alerts[priority])
        yield by_priority
        yield from _counters(self._source.counts())


def _counters(counts: Sequence[Count]) -> Iterator[Metric]:
    """Return a family for each name, with a sample for each set of labels."""
    families: dict[str, CounterMetricFamily] = {}
    for count in counts:
        labels = dict(count.labels)
        name = f"pumpwatch_{count.name}"
        family = families.setdefault(name, CounterMetricFamily(name, count.text, labels=list(labels)))
        family.add_metric(list(labels.values()), float(count.value))
    return iter(families.values())


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=float(value))
