"""The one command: what it says on an old Python, when it sets up again, and what the lock promises."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^(?P<name>[a-z0-9-]+)==\S+(?P<rest>(?: .*)?(?:\n[ \t]+.*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Checkout:
    """A copy of what run.py needs, on a machine whose only installer notes what it is asked and installs nothing."""

    folder: Path

    @property
    def environment(self) -> Path:
        return self.folder / ".venv"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.folder / "run.py"), *arguments]

    def surroundings(self) -> dict[str, str]:
        return {"HOME": str(self.folder), "PATH": str(self.folder / "tools"), "UV_LOG": str(self.folder / "log")}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.surroundings(), capture_output=True, text=True, check=False, timeout=60
        )

    def installs(self) -> int:
        log = self.folder / "log"
        return log.read_text().count("pip sync") if log.exists() else 0


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "a path with a space"
    (folder / "tools").mkdir(parents=True)
    for name in ("run.py", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    uv = folder / "tools" / "uv"
    uv.write_text('#!/bin/sh\necho "$*" >> "$UV_LOG"\n')
    uv.chmod(0o755)
    (folder / "wallet_service").mkdir()
    (folder / "wallet_service" / "__main__.py").write_text("import sys\nprint(sys.prefix, sys.argv[1:])\n")
    return Checkout(folder)


def lock() -> dict[str, str]:
    """Return what the lock says of each package, by name."""
    return {found["name"]: found["rest"] for found in BLOCK.finditer((ROOT / "requirements.lock").read_text())}


def test_an_old_python_is_told_in_one_sentence_what_is_needed(tmp_path: Path) -> None:
    old = tmp_path / "old.py"
    old.write_text(f"import sys\nsys.version_info = (3, 6)\nexec(open({str(ROOT / 'run.py')!r}).read())\n")

    outcome = subprocess.run([sys.executable, str(old)], capture_output=True, text=True, check=False)

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("This needs Python 3.11 or later;")
    assert len(outcome.stderr.splitlines()) == 1


def test_run_py_parses_on_python_3_6() -> None:
    source = (ROOT / "run.py").read_text()

    tree = ast.parse(source, feature_version=(3, 6))

    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]


def test_the_first_run_sets_up_and_the_second_finds_it_done(checkout: Checkout) -> None:
    first, second = checkout.run("demo", "--once"), checkout.run("demo", "--once")

    assert first.stdout == second.stdout == f"{checkout.environment} ['demo', '--once']\n"
    assert "Setting up" in first.stderr
    assert second.stderr == ""
    assert checkout.installs() == 1


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "run.py"])
def test_a_change_in_what_it_is_made_from_brings_the_environment_up_to_date(checkout: Checkout, name: str) -> None:
    checkout.run("demo")
    with (checkout.folder / name).open("a") as file:
        file.write("# changed\n")

    outcome = checkout.run("demo")

    assert "Bringing" in outcome.stderr
    assert checkout.installs() == 2


def test_a_set_up_that_was_cut_short_is_begun_anew(checkout: Checkout) -> None:
    checkout.run("demo")
    (checkout.environment / "wallet-stamp").unlink()
    (checkout.environment / "half").touch()

    outcome = checkout.run("demo")

    assert outcome.returncode == 0
    assert not (checkout.environment / "half").exists()


def test_a_moved_checkout_makes_its_environment_anew(checkout: Checkout) -> None:
    checkout.run("demo")
    moved = Checkout(checkout.folder.rename(checkout.folder.with_name("moved")))

    outcome = moved.run("demo")

    assert "Setting up" in outcome.stderr
    assert outcome.stdout.startswith(str(moved.environment))


def test_two_first_runs_at_once_set_up_once(checkout: Checkout) -> None:
    command, surroundings = checkout.command("demo"), checkout.surroundings()

    both = [subprocess.Popen(command, env=surroundings, stderr=subprocess.DEVNULL) for _ in range(2)]
    codes = [process.wait(timeout=60) for process in both]

    assert codes == [0, 0]
    assert checkout.installs() == 1


def test_an_unknown_command_is_refused_before_anything_is_set_up(checkout: Checkout) -> None:
    outcome = checkout.run("dmeo")

    assert outcome.returncode == 1
    assert "There is no command 'dmeo'." in outcome.stderr
    assert not checkout.environment.exists()


def test_the_lock_names_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()

    assert not re.search(r"://|--(extra-)?index|--find-links|@ ", text)


def test_every_locked_package_has_its_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text()

    packages = lock()

    assert len(packages) == len(re.findall(r"^\S", text, re.MULTILINE))
    assert [name for name, rest in packages.items() if "--hash=sha256:" not in rest] == []


def test_every_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(name for group in project["optional-dependencies"].values() for name in group),
    ]

    missing = {re.split(r"[\[<>=; ]", requirement)[0] for requirement in wanted} - lock().keys()

    assert missing == set()
