"""Logs and counters, tied to the request or job at work."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from structlog.types import Processor

from wallet_service.settings import COUNTERS_DIRECTORY

ENTRIES = Counter("wallet_entries", "Entries posted to the books.")
REFUSALS = Counter("wallet_refusals", "Requests refused, by the problem's code.", ["code"])
REPLAYS = Counter("wallet_replays", "Answers given again because the key had been used for the same request.")
UNKNOWN_OUTCOMES = Counter("wallet_unknown_outcomes", "Commits whose answer was lost and that no look-up could settle.")


def configure_logging(level: int = logging.INFO) -> None:
    """Write every log line, ours and the libraries', to standard error as one JSON object with a UTC time."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=True),  # One line, whatever a narration contains.
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))  # It tells of each of its own parts.


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger called *name*: `logger(__name__).info("file read", lines=12)`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


@contextmanager
def bound(**facts: str | int) -> Iterator[None]:
    """Put *facts*, such as `request_id` or `job_id`, on every log line that this thread writes inside the block."""
    with structlog.contextvars.bound_contextvars(**facts):
        yield


class Gauges(Collector):
    """Figures read for one scrape, each by its name and what it says."""

    def __init__(self, *figures: tuple[str, str, int]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Yield the figures as Prometheus takes them."""
        for name, says, value in self._figures:
            yield GaugeMetricFamily(name, says, value=value)

    def text(self) -> bytes:
        """Return the figures in the text format of Prometheus."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)


def metrics() -> bytes:
    """Return the counters in the text format of Prometheus, summed over all processes that share their directory."""
    if not os.environ.get(COUNTERS_DIRECTORY):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # The library has no annotation here.
    return generate_latest(registry)
