"""`wallet up` and the three processes of the Procfile: `serve`, `work` and `clock`."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from wallet_service.settings import COUNTERS_DIRECTORY, Settings, SettingsWrong

directory_option = click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="State directory of a `wallet up` that runs.",
)


@click.command()
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="WALLET_DIR",
    required=True,
    help="Where the servers keep their data and logs; made if it is not there.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the API; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def up(directory: Path, port: int, host: str) -> None:
    """Run everything in the foreground: PostgreSQL, Valkey, web, worker and clock.

    When the API is ready, DIR/endpoints.json says where everything is. SIGTERM or Ctrl-C stops all of it.
    """
    from wallet_service.cli.household import Household
    from wallet_service.embedded import ServerFailed

    if host not in {"127.0.0.1", "::1", "localhost"}:
        click.echo(f"warning: the API listens on {host}, without TLS; put a proxy with TLS before it", err=True)
    try:
        Household(directory, host, port, tell=lambda line: click.echo(line, err=True)).run()
    except ServerFailed as error:
        raise click.ClickException(str(error)) from error


@click.command()
@directory_option
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; default WALLET_PORT or 8000.")
@click.option("--host", help="Address to listen on; default WALLET_HOST or 127.0.0.1.")
def serve(directory: Path | None, port: int | None, host: str | None) -> None:
    """Answer HTTP requests until told to stop."""
    settings = _settings(directory)
    with _shared_counters():  # Before anything counts: prometheus_client looks for it once, when it is imported.
        _prepare(settings)
        # Once, before the fork: each worker then only builds an application of its own.
        importlib.import_module("wallet_service.api.app")
        listen(settings, host or settings.host, port or settings.port, _load_application)


@click.command()
@directory_option
def work(directory: Path | None) -> None:
    """Do the jobs that wait in the queue until told to stop."""
    settings = _settings(directory)
    _prepare(settings)
    sys.argv = [
        "dramatiq",
        "wallet_service.jobs.worker:prepare",
        f"--processes={settings.job_processes}",
        f"--threads={settings.job_threads}",
        "--worker-shutdown-timeout=2000",
        "--skip-logging",
    ]
    runpy.run_module("dramatiq", run_name="__main__", alter_sys=True)


@click.command()
@directory_option
def clock(directory: Path | None) -> None:
    """Put the jobs of the day into the queue at their times, Asia/Kolkata, until told to stop."""
    _prepare(_settings(directory))
    importlib.import_module("wallet_service.jobs.clock").main()


def _settings(directory: Path | None) -> Settings:
    """Return what the environment decides. On books whose past was generated a service starts only for training."""
    from wallet_service.history.origin import GeneratedBooks, refuse_generated

    try:
        settings = Settings.from_environment(directory)
        if not settings.training:
            refuse_generated(settings.database_url)
    except (SettingsWrong, GeneratedBooks) as error:
        raise click.ClickException(str(error)) from error
    return settings


def _prepare(settings: Settings) -> None:
    """Make this process one of the service's: its addresses where all of it looks, its logs, its children's end."""
    from wallet_service import telemetry
    from wallet_service.embedded import children

    os.environ["DATABASE_URL"] = settings.database_url
    os.environ["REDIS_URL"] = settings.redis_url
    telemetry.configure_logging()
    multiprocessing.set_start_method("fork")
    children.bind_forks()


@contextmanager
def _shared_counters() -> Iterator[None]:
    """Give the processes forked from here one directory in which their counters are added up."""
    if os.environ.get(COUNTERS_DIRECTORY):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="wallet-counters-") as folder:
        os.environ[COUNTERS_DIRECTORY] = folder
        yield


def listen(settings: Settings, host: str, port: int, load: Callable[[], Callable[..., Any]]) -> None:
    """Answer HTTP requests by the application that *load* makes in each worker, until told to stop."""
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "wallet_service.api.app:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        respawn_failed_workers=True,
        workers_kill_timeout=2,
        log_level=LogLevels.warning,
    ).serve(target_loader=load, wrap_loader=False)


def _load_application() -> Callable[..., Any]:
    """Build the application in a web worker, after the fork: pools must not be shared across it."""
    application: Callable[..., Any] = importlib.import_module("wallet_service.api.app").create_app()
    return application
