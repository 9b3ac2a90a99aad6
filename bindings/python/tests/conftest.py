"""The emulator, and programs that use it."""

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

# What a shell runs in the background ignores Ctrl-C, and so would the programs that are sent it here.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: How long a test waits for what must happen.
LIMIT = 30.0

DEVICE = "GID_test@@@test"
#: A device that gets no answer.
HANGS = "GID_test@@@fault-hang"


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for what must happen."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < LIMIT, "it has not happened"
        time.sleep(0.005)


class Emulator:
    """An emulator of its own for each test."""

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
        assert self.endpoint, "the emulator has not started"

    def stop(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    @property
    def options(self) -> Any:
        """The options of a client that asks it."""
        return {
            "access_key_id": self.access_key_id,
            "access_key_secret": self.access_key_secret,
            "endpoint": self.endpoint,
            "instance_id": self.instance_id,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a program that asks it."""
        return {**self.keys, "DEVCRED_ENDPOINT": self.endpoint, "DEVCRED_INSTANCE_ID": self.instance_id}

    def journal(self) -> Any:
        """All that it saw."""
        with urllib.request.urlopen(f"{self.endpoint}/_devcred/calls") as answer:
            return json.load(answer)

    def ends(self) -> list[str | None]:
        """How each call ended, `None` for one that waits for its answer."""
        return [call["end"] for call in self.journal()["calls"]]

    def wait_for(self, ends: list[str | None]) -> None:
        """Wait until calls have ended so."""
        wait_until(lambda: self.ends() == ends)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator that knows every device."""
    started = Emulator()
    yield started
    started.stop()


@pytest.fixture
def small_emulator() -> Iterator[Emulator]:
    """Start an emulator that knows two devices."""
    started = Emulator("--device", DEVICE, "--device", HANGS)
    yield started
    started.stop()


class Program:
    """A program in Python that uses the emulator; `run` it to its end, or `start` it."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.started: list[subprocess.Popen[str]] = []

    def start(self, source: str, *options: str) -> subprocess.Popen[str]:
        """Start it; both of its outputs come together."""
        command = [sys.executable, *options, "-c", textwrap.dedent(source)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, env=self.emulator.environment, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )
        self.started.append(process)
        return process

    def run(self, source: str, *options: str) -> tuple[int, str]:
        """Run it, and give its status and what it printed."""
        return end_of(self.start(source, *options))


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Give the status of a program, and what it printed."""
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"it hangs; so far it printed: {process.communicate()[0]}")
    return process.returncode, output


@pytest.fixture
def program(emulator: Emulator) -> Iterator[Program]:
    """Give programs that use the emulator."""
    programs = Program(emulator)
    yield programs
    for process in programs.started:
        if process.poll() is None:
            process.kill()
            process.communicate()
