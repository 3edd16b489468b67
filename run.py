#!/usr/bin/env python3
"""Set up everything this project needs, then run one of its commands.

python3 run.py demo [--once]        a day at the counters and the next morning, on a service of its own
python3 run.py test [--long] [...]  every test; what follows is passed on to pytest
python3 run.py check                what CI runs: format, lint, types, imports, tests
python3 run.py bench [--quick]      the figures of speed, each beside its yardstick, into bench.json
python3 run.py wallet ...           the command line, inside the environment

Needs Python 3.11 or later and nothing else. The first run makes .venv from requirements.lock, each package by its
hash; later runs see by a stamp that it still fits. Where the checkout is not ours, it stands in the user's cache.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

# Everything down to this check parses, and runs, on Python 3.6, so that old Pythons can say what is wrong.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        f"This needs Python 3.11 or later; {sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}. "
        "Install a newer one and start it by name: python3.12 run.py ..."
    )

ROOT = os.path.dirname(os.path.realpath(__file__))
LOCK = os.path.join(ROOT, "requirements.lock")
STAMP = "wallet-stamp"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


class CannotSetUp(Exception):
    """The environment cannot be made; the message says what to do about it."""


def main(arguments: list[str]) -> None:
    """Run the command that the arguments name, in an environment made to fit; never returns."""
    command, *rest = arguments or ["help"]
    if command in ("help", "-h", "--help"):
        print(__doc__.strip())
        sys.exit(0)
    if command not in ("demo", "test", "check", "bench", "wallet"):
        sys.exit(f"There is no command {command!r}.\n\n{__doc__.strip()}")
    if os.name != "posix":
        sys.exit("This runs on Linux; on Windows, run it inside WSL.")
    try:
        environment = ready_environment()
    except (CannotSetUp, KeyboardInterrupt, OSError) as error:
        sys.exit(str(error) or "Interrupted; the next run starts the set-up again.")
    activate(environment)
    if command in ("wallet", "bench"):
        execute(environment, ["-P", "-m", "wallet_service" if command == "wallet" else "bench", *rest])
    os.chdir(ROOT)
    if command == "demo":
        execute(environment, ["-m", "wallet_service", "demo", *rest])
    if command == "check":
        check(environment)
    test(environment, rest)


def execute(environment: str, arguments: list[str]) -> None:
    """Become the environment's Python: signals and the exit code are then the command's own."""
    sys.stdout.flush()
    os.execv(interpreter(environment), [interpreter(environment), *arguments])


def test(environment: str, arguments: list[str]) -> None:
    """Become pytest; ``--long`` adds the long tests. Else one worker more than processors, which share what is left."""
    chosen = [argument for argument in arguments if argument != "--long"]
    if len(chosen) < len(arguments):
        os.environ["WALLET_LONG_TESTS"] = "1"
    execute(environment, ["-m", "pytest", *(chosen or [f"-n{len(os.sched_getaffinity(0)) + 1}", "--dist=worksteal"])])


def check(environment: str) -> None:
    """Run each check, quickest first; the first that fails ends the run. The tests come last."""
    steps = (
        ("format", ["-m", "ruff", "format", "--check", "."]),
        ("lint", ["-m", "ruff", "check", "."]),
        ("types", ["-m", "mypy"]),
        ("imports", [os.path.join(environment, "bin", "lint-imports"), "--no-cache", "--no-logo"]),
    )
    for name, arguments in steps:
        started = time.monotonic()
        outcome = subprocess.run(
            [interpreter(environment), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        verdict = "ok" if outcome.returncode == 0 else "FAILED"
        print(f"{name:8} {verdict:6} {time.monotonic() - started:5.1f} s", flush=True)
        if outcome.returncode != 0:
            sys.stdout.buffer.write(outcome.stdout)
            sys.exit(1)
    print("tests", flush=True)
    test(environment, [])


def activate(environment: str) -> None:
    """Let what is started from here find the environment, and keep caches out of a checkout that is not ours."""
    os.environ["VIRTUAL_ENV"] = environment
    os.environ["PATH"] = os.path.join(environment, "bin") + os.pathsep + os.environ.get("PATH", os.defpath)
    os.environ.pop("PYTHONHOME", None)
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):  # Kept apart: else each process compiles every package anew.
        os.environ.setdefault("PYTHONPYCACHEPREFIX", os.path.join(environment, "bytecode"))
    if not environment.startswith(ROOT + os.sep):
        for name in ("PYTHONPYCACHEPREFIX", "RUFF_CACHE_DIR", "MYPY_CACHE_DIR"):
            os.environ.setdefault(name, os.path.join(os.path.dirname(environment), "caches", name.lower()))
        os.environ.setdefault("PYTEST_ADDOPTS", "-p no:cacheprovider")


def ready_environment() -> str:
    """Return the environment's folder, made or mended first if it does not fit this checkout."""
    environment = environment_folder()
    if is_ready(environment):
        return environment
    os.makedirs(os.path.dirname(environment), mode=0o700, exist_ok=True)
    with open(environment + ".lock", "w") as lock:
        wait_for(lock.fileno())
        if not is_ready(environment):  # Another run may have made it while this one waited.
            started = time.monotonic()
            set_up(environment, lock.fileno())
            say(f"Ready after {time.monotonic() - started:.0f} s.")
    return environment


def environment_folder() -> str:
    """Return .venv in the checkout if that is ours to write, else a folder in the user's own cache."""
    own = os.path.join(ROOT, ".venv")
    mine = all(os.stat(path).st_uid == os.getuid() for path in (ROOT, own) if os.path.exists(path))
    if mine and os.access(ROOT, os.W_OK):
        return own
    return os.path.join(cache_folder(), digest(ROOT.encode())[:16], "venv")


def cache_folder() -> str:
    """Return where this user keeps what can be made again; a private temporary folder for a user without a home."""
    for folder in (os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~/.cache")):
        if os.path.isabs(folder) and can_hold_a_folder(folder):
            return os.path.join(folder, "wallet")
    folder = os.path.join(tempfile.gettempdir(), f"wallet-{os.getuid()}")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    status = os.lstat(folder)
    if os.path.islink(folder) or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise CannotSetUp(f"{folder} belongs to somebody else: set XDG_CACHE_HOME to a folder of your own.")
    return folder


def can_hold_a_folder(folder: str) -> bool:
    """Say whether the folder exists, or could be made, and could be written to."""
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


def interpreter(environment: str) -> str:
    """Return the environment's Python."""
    return os.path.join(environment, "bin", "python")


def is_ready(environment: str) -> bool:
    """Say whether the environment is whole, in its own place, and made from what the checkout asks for now."""
    return read_stamp(environment) == [place(environment), contents()] and os.access(interpreter(environment), os.X_OK)


def read_stamp(environment: str) -> list[str]:
    """Return the two lines of the stamp; none where a set-up was cut short or never made."""
    try:
        with open(os.path.join(environment, STAMP), encoding="ascii") as stamp:
            return stamp.read().split()
    except (OSError, ValueError):
        return []


def place(environment: str) -> str:
    """Return a digest of where the environment stands and for which Python: a moved or copied one differs."""
    system = os.uname()
    return digest(f"{environment}\n{ROOT}\n{PYTHON}\n{system.sysname}\n{system.machine}".encode())


def contents() -> str:
    """Return a digest of what the environment is made from."""
    parts = []
    for name in ("requirements.lock", "pyproject.toml", "run.py"):
        with open(os.path.join(ROOT, name), "rb") as file:
            parts.append(digest(file.read()))
    return digest("\n".join(parts).encode())


def digest(content: bytes) -> str:
    """Return the SHA-256 of the content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def wait_for(lock: int) -> None:
    """Take the lock on setting up, held until it is closed here and in every installer started meanwhile."""
    import fcntl  # noqa: PLC0415  not on Windows, where main has said so already

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another run is setting up the environment: waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


def set_up(environment: str, lock: int) -> None:
    """Make the environment fit: packages are only exchanged in one that was whole, any other is made anew."""
    stamp = os.path.join(environment, STAMP)
    sign = (place(environment), contents())
    whole = read_stamp(environment)[:1] == [sign[0]] and os.access(interpreter(environment), os.X_OK)
    if whole:
        say(f"Bringing {environment} up to date.")
        os.remove(stamp)  # From here until the end an interrupted set-up is seen to be one.
    else:
        say(f"Setting up {environment} (once).")
        shutil.rmtree(environment, ignore_errors=True)
    install(environment, lock, whole=whole)
    with open(stamp + ".new", "w", encoding="ascii") as file:
        file.write("{}\n{}\n".format(*sign))
    os.replace(stamp + ".new", stamp)


def install(environment: str, lock: int, *, whole: bool) -> None:
    """Install the lock and this project: by uv where it is there or can be had, else by pip.

    Raises:
        CannotSetUp: neither of them could.
    """
    uv = shutil.which("uv") or shutil.which("uv", path=os.path.join(environment, "bin")) or ""
    if not whole:
        make_bare(environment, lock, with_pip=not uv)
        uv = uv or install_uv(environment, lock)
    python = interpreter(environment)
    if uv and run([uv, "pip", "sync", "-q", "--require-hashes", "--python", python, LOCK], lock):
        add = [uv, "pip", "install", "-q", "--python", python]
    else:
        say("Installing with pip, which is slower.")
        make_bare(environment, lock, with_pip=True)
        add = [python, "-m", "pip", "install", "-qq"]
        if not run([*add, "--require-hashes", "-r", LOCK], lock):
            raise CannotSetUp("The packages could not be installed; the reason stands above. Is the index in reach?")
    if not run([*add, "--no-deps", "--no-build-isolation", "--editable", ROOT], lock):
        raise CannotSetUp(f"This project could not be installed into {environment}; the reason stands above.")


def make_bare(environment: str, lock: int, *, with_pip: bool) -> None:
    """Make an empty environment, with pip only where something has to be installed by it."""
    from importlib.util import find_spec  # noqa: PLC0415  slow to import, and seldom needed

    if find_spec("venv") is None or (with_pip and find_spec("ensurepip") is None):
        raise CannotSetUp(
            f"This Python ({sys.executable}) cannot make virtual environments. Install that part of it, on Debian and "
            f"Ubuntu with `apt-get install python{PYTHON}-venv`, and run this again."
        )
    base = getattr(sys, "_base_executable", None) or sys.executable  # Never the one that is about to be replaced.
    flags = [] if with_pip else ["--without-pip"]
    if not run([base, "-m", "venv", "--clear", *flags, environment], lock):
        raise CannotSetUp(f"No virtual environment could be made in {environment}; the reason stands above.")


def install_uv(environment: str, lock: int) -> str:
    """Install the locked uv by pip, from where pip gets its packages, and return where it is; empty if that failed."""
    with open(LOCK, encoding="utf-8") as file:
        pinned = re.findall(r"^uv==.*?(?=^\S|\Z)", file.read(), re.MULTILINE | re.DOTALL)
    wanted = os.path.join(environment, "uv.txt")
    with open(wanted, "w", encoding="utf-8") as file:
        file.writelines(pinned)
    pip = [interpreter(environment), "-m", "pip"]
    if not run([*pip, "install", "-qq", "--require-hashes", "-r", wanted], lock):
        return ""
    told = subprocess.run([*pip, "config", "get", "global.index-url"], capture_output=True, text=True, check=False)
    index = os.environ.get("PIP_INDEX_URL") or told.stdout.strip()
    for name, value in (("UV_DEFAULT_INDEX", index), ("SSL_CERT_FILE", os.environ.get("PIP_CERT"))):
        if value:
            os.environ.setdefault(name, value)
    return shutil.which("uv", path=os.path.join(environment, "bin")) or ""


def run(arguments: list[str], lock: int) -> bool:
    """Run an installer and say whether it succeeded; whatever it prints goes to standard error.

    It inherits the lock: where this process is killed, the next set-up still waits for its installer to end.
    """
    surroundings = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    if "UV_CACHE_DIR" not in os.environ and not can_hold_a_folder(os.path.expanduser("~/.cache/uv")):
        surroundings["UV_NO_CACHE"] = "1"
    outcome = subprocess.run(arguments, cwd=ROOT, env=surroundings, stdout=2, pass_fds=(lock,), check=False)
    return outcome.returncode == 0


def say(sentence: str) -> None:
    """Tell the person who waits; standard output belongs to the command."""
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
