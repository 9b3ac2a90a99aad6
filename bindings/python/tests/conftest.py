"""Fixtures: the emulator, and Python programs that use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
TARGET = Path(os.environ.get("DEVCRED_TARGET", ROOT / "target"))
PYTHON = ROOT / "bindings/python"

# A shell runs background jobs with SIGINT ignored, and programs started here would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: How long a test waits for something that must happen, in seconds.
LIMIT = 30.0

DEVICE = "GID_test@@@test"
#: A device for which the emulator never responds.
HANGS = "GID_test@@@fault-hang"


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until the condition is true."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < LIMIT, "the condition is still false"
        time.sleep(0.005)


class Emulator:
    """A process of the emulator."""

    access_key_id = "test-key"
    access_key_secret = "test-s3cr3t+/="
    instance_id = "post-cn-test"

    def __init__(self, *arguments: str) -> None:
        self.keys = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.access_key_secret,
        }
        command = [str(TARGET / "debug/devcred"), "emulator", "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(
            command, env=self.keys, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout
        self.endpoint = self.process.stdout.readline().strip()
        assert self.endpoint, "the emulator did not start"

    def stop(self) -> None:
        """Stop the process."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    @property
    def options(self) -> Any:
        """Options of a client that uses this emulator."""
        return {
            "access_key_id": self.access_key_id,
            "access_key_secret": self.access_key_secret,
            "endpoint": self.endpoint,
            "instance_id": self.instance_id,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The complete environment of a program that uses this emulator."""
        return {**self.keys, "DEVCRED_ENDPOINT": self.endpoint, "DEVCRED_INSTANCE_ID": self.instance_id}

    def journal(self) -> Any:
        """Return the journal: every recorded call."""
        with urllib.request.urlopen(f"{self.endpoint}/_devcred/calls") as response:
            return json.load(response)

    def ends(self) -> list[str | None]:
        """Return how each call ended, `None` for a call without a response so far."""
        return [call["end"] for call in self.journal()["calls"]]

    def wait_for(self, ends: list[str | None]) -> None:
        """Wait until `ends` returns these values."""
        wait_until(lambda: self.ends() == ends)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator that knows every device."""
    process = Emulator()
    yield process
    process.stop()


@pytest.fixture
def small_emulator() -> Iterator[Emulator]:
    """Start an emulator that knows two devices."""
    process = Emulator("--device", DEVICE, "--device", HANGS)
    yield process
    process.stop()


class Program:
    """Python programs that use the emulator: `run` waits for the end, `start` does not."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, source: str, *options: str) -> subprocess.Popen[str]:
        """Start a program with stderr redirected to stdout."""
        command = [sys.executable, *options, "-c", textwrap.dedent(source)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, env=self.emulator.environment, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )
        self.processes.append(process)
        return process

    def run(self, source: str, *options: str) -> tuple[int, str]:
        """Run a program and return its exit status and output."""
        return wait_for_exit(self.start(source, *options))


def wait_for_exit(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a program and return its exit status and output."""
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"the program hangs; output so far: {process.communicate()[0]}")
    return process.returncode, output


@pytest.fixture
def program(emulator: Emulator) -> Iterator[Program]:
    """Return a runner of programs that use the emulator."""
    programs = Program(emulator)
    yield programs
    for process in programs.processes:
        if process.poll() is None:
            process.kill()
            process.communicate()
