"""`wallet demo`: one day at the counters and the morning after it, played on a service of its own."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

import click

from wallet_service import dates
from wallet_service.cli.supervisor import Stopped, stop_on_signals
from wallet_service.client import PortalError
from wallet_service.demo import day, moved_files
from wallet_service.demo.own_service import DemoFailed, OwnService, running
from wallet_service.demo.telling import heading, say
from wallet_service.embedded import AlreadyRunning, ServerFailed, StateDirectory

_PREFIX = "wallet-demo-"
_FORGOTTEN_SECONDS = 600.0
_INTERRUPTED = 130


@click.command()
@click.option("--once", is_flag=True, help="End when the day is over, with status 0 if all was as it must be.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new or empty folder for its data, which is kept; else a temporary one, which is removed.",
)
def demo(once: bool, directory: Path | None) -> None:
    """Play a day at Bangla Sahayata Kendra and the next morning on a service of its own, with every figure's source.

    For the morning its books set their clock ahead, to the next day on which the bank works, and it stays there.
    The demo stays up until Ctrl-C. Exit 0: all was as it must be.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # A terminal without ₹ shows a question mark.
    stop_on_signals()
    over = False
    try:
        with _folder(directory) as folder, _started(folder) as service:
            _play(service)
            over = True
            _tell_the_end(service, kept=directory is not None, once=once)
            if not once:
                _stay(service)
    except Stopped:
        click.echo("\nStopped.")
        sys.exit(0 if over else _INTERRUPTED)
    except (DemoFailed, ServerFailed) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _folder(directory: Path | None) -> Iterator[Path]:
    """Give a folder that is empty: the one asked for, which is kept, or a temporary one, which is removed."""
    if directory is not None:
        directory = directory.expanduser().absolute()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise DemoFailed(f"{directory} is not empty, and the demo never touches other books: name a new folder.")
        yield directory
        return
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what a demo that was killed left behind: an old folder of ours in which nothing runs."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > _FORGOTTEN_SECONDS:
                with StateDirectory(folder).claimed():
                    shutil.rmtree(folder)
        except (AlreadyRunning, OSError):  # At work, or somebody else's.
            continue


@contextmanager
def _started(folder: Path) -> Iterator[OwnService]:
    click.secho("One day at Bangla Sahayata Kendra", bold=True)
    if wait := moved_files.seconds_to_wait(dates.now()):
        click.echo(f"It is nearly midnight in India: waiting {wait:.0f} s, so that the day is one day.")
        time.sleep(wait)
    click.echo("Starting a service of its own: ", nl=False)
    began = time.monotonic()
    with running(folder, lambda stage: click.echo(f"{stage} … ", nl=False)) as service:
        click.echo(f"ready after {time.monotonic() - began:.1f} s.")
        yield service


def _play(service: OwnService) -> None:
    began = time.monotonic()
    try:
        day.play(service, dates.today())
    except (DemoFailed, PortalError) as error:
        raise DemoFailed(f"{error}\n{service.last_words()}") from error
    click.echo()
    click.echo(f"The day took {time.monotonic() - began:.1f} s, and every figure was as it must be.")


def _tell_the_end(service: OwnService, *, kept: bool, once: bool) -> None:
    heading("Where everything is")
    say(f"API            {service.api}")
    say(f"documentation  {service.api}/docs")
    say(f"logs           {service.logs}")
    if once:
        say(f"It ends now; {f'its data stay in {service.directory}' if kept else 'its data are removed'}.")
    else:
        say(f"tokens         source {shlex.quote(str(service.directory / 'demo.env'))}")
        say(f"Ctrl-C stops it{'' if kept else ' and removes its data'}.")


def _stay(service: OwnService) -> None:
    """Stay up until somebody asks to stop.

    Raises:
        DemoFailed: the service has ended by itself.
    """
    status = service.process.wait()
    raise DemoFailed(f"The service ended by itself with status {status}.\n{service.last_words()}")
