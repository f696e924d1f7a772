"""What the server counts, for Prometheus; nothing of content, and no address."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from sync.server.health import unpublished_since
from sync.server.intake import Taken
from sync.server.service import Service

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of one server process.

    Args:
        service: what they tell of.
    """

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._registry.register(_Now(service))
        self.requests = Counter(
            "parvis_requests_total",
            "Requests answered, by the pattern of their address.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "parvis_request_seconds",
            "From the head of a request to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.under_way = Gauge(
            "parvis_requests_under_way", "Requests not yet answered.", registry=self._registry
        )
        self.limited = Counter(
            "parvis_limited_total", "Requests put off.", ["cause"], registry=self._registry
        )
        self._batches = Counter("parvis_batches_total", "Batches stored.", registry=self._registry)
        self._bytes = Counter(
            "parvis_batch_bytes_total", "Bytes of stored batches.", registry=self._registry
        )
        self._records = Counter(
            "parvis_contributions_total",
            "Contributions in stored batches, by what became of them.",
            ["verdict"],
            registry=self._registry,
        )
        service.intake.watch(self._taken)

    def _taken(self, taken: Taken) -> None:
        self._batches.inc()
        self._bytes.inc(taken.size)
        for verdict, how_many in taken.verdicts.items():
            self._records.labels(verdict).inc(how_many)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Now(Collector):
    """What is looked up when somebody asks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        """The state now."""
        service = self._service
        free = shutil.disk_usage(service.files.root).free
        yield GaugeMetricFamily("parvis_disk_free_bytes", "Room in the data directory.", free)
        devices = service.store.devices()
        family = GaugeMetricFamily("parvis_devices", "Devices enrolled.", labels=["state"])
        revoked = sum(one.revoked_at is not None for one in devices)
        family.add_metric(["may send"], len(devices) - revoked)
        family.add_metric(["revoked"], revoked)
        yield family
        size = GaugeMetricFamily(
            "parvis_register_entries", "Entries published.", labels=["consultation"]
        )
        for published in service.store.consultations():
            size.add_metric([published.id], service.registers.size(published.id))
        yield size
        yield GaugeMetricFamily(
            "parvis_register_late_seconds",
            "How long the oldest entry has waited to be published.",
            unpublished_since(service),
        )

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the database need not be there yet."""
        return ()
