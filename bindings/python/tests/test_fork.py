"""Forked children of a process that uses a client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import urllib.request
from typing import TYPE_CHECKING

import pytest
from conftest import LIMIT, wait_for_exit, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Emulator, Program


def test_a_client_works_in_the_child_of_a_busy_process(program: Program, emulator: Emulator) -> None:
    status, printed = program.run("""
        import asyncio, devcred, os, threading
        client = devcred.Client.from_env(max_requests_per_second=10_000)
        async_client = devcred.AsyncClient.from_env(max_requests_per_second=10_000)
        stop = threading.Event()

        def work():
            while not stop.is_set():
                client.get_device_credential("GID_test@@@parent")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(40):
            child = os.fork()
            if child == 0:
                client.get_device_credential(f"GID_test@@@{number}", timeout=10)
                asyncio.run(async_client.get_device_credential(f"GID_test@@@{number}", timeout=10))
                os._exit(7)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        stop.set()
        for thread in threads:
            thread.join()
        print("done")
        """)
    assert (status, printed) == (0, "done\n")
    child_calls = [call for call in emulator.journal()["calls"] if call["client_id"] != "GID_test@@@parent"]
    assert len(child_calls) == 80


def test_a_child_exits_normally(program: Program) -> None:
    status, printed = program.run("""
        import devcred, os, sys
        client = devcred.Client.from_env()
        client.get_device_credential("GID_test@@@test")
        child = os.fork()
        if child == 0:
            client.get_device_credential("GID_test@@@test")
            sys.exit(3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        client.get_device_credential("GID_test@@@test")
        """)
    assert (status, printed) == (0, "3\n")


def test_a_signal_handler_can_fork_during_a_call(program: Program) -> None:
    """In the child, the call fails because it belongs to the parent."""
    status, printed = program.run("""
        import devcred, os, signal
        client = devcred.Client.from_env(attempt_timeout=2, timeout=2)
        children = []

        def fork(*_):
            children.append(os.fork())

        signal.signal(signal.SIGALRM, fork)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        try:
            client.get_device_credential("GID_test@@@fault-hang")
        except devcred.DevcredError as error:
            if children == [0]:
                client.get_device_credential("GID_test@@@test")
                os._exit(5 if "started before the process was forked" in str(error) else 6)
            print(error.kind, os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
        """)
    assert (status, printed) == (0, "Timeout 5\n")


def test_a_log_handler_can_fork_during_a_call(program: Program) -> None:
    """In the child, the call fails because it belongs to the parent."""
    status, printed = program.run("""
        import devcred, logging, os
        children = []

        class Forking(logging.Handler):
            def emit(self, _):
                if not children:
                    children.append(os.fork())

        logger = logging.getLogger("devcred")
        logger.addHandler(Forking())
        logger.setLevel(logging.DEBUG)
        client = devcred.Client.from_env()
        try:
            credential = client.get_device_credential("GID_test@@@fault-Throttling.User-1")
        except devcred.DevcredError as error:
            client.get_device_credential("GID_test@@@test")
            os._exit(5 if "started before the process was forked" in str(error) else 6)
        print(credential.client_id, os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
        """)
    assert (status, printed) == (0, "GID_test@@@fault-Throttling.User-1 5\n")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_client_works_in_a_process_pool(program: Program, tmp_path: Path, method: str) -> None:
    script = tmp_path / "pool.py"
    script.write_text(
        textwrap.dedent("""
        import devcred, multiprocessing, sys

        client = devcred.Client.from_env()

        def fetch(number):
            try:
                client.get_device_credential("" if number == 3 else f"GID_test@@@{number}")
            except devcred.DevcredError as error:
                # The pool pickles the result.
                return error
            return number

        if __name__ == "__main__":
            client.get_device_credential("GID_test@@@parent")
            with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                results = pool.map(fetch, range(6), chunksize=1)
            assert isinstance(results[3], devcred.InvalidParameterError), results
            print(*results[:3], *results[4:])
        """)
    )
    process = subprocess.Popen(
        [sys.executable, str(script), method],
        env=program.emulator.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert wait_for_exit(process) == (0, "0 1 2 4 5\n")


def test_a_preloaded_client_works_in_gunicorn_workers(emulator: Emulator, tmp_path: Path) -> None:
    gunicorn = pytest.importorskip("gunicorn")
    assert gunicorn
    (tmp_path / "app.py").write_text(
        textwrap.dedent("""
        import os, devcred

        client = devcred.Client.from_env()
        client.get_device_credential("GID_test@@@master")

        def app(environ, start_response):
            client.get_device_credential("GID_test@@@worker")
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [f"{os.getpid()} {os.getppid()}".encode()]
        """)
    )
    log = tmp_path / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--bind", "127.0.0.1:0"]
            + ["--no-control-socket"] * (getattr(gunicorn, "version_info", (0,))[0] >= 25)
            + ["app:app"],
            cwd=tmp_path,
            env={**emulator.environment, "PATH": os.environ["PATH"]},
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: "Listening at: " in log.read_text() or server.poll() is not None)
        url = log.read_text().split("Listening at: ")[1].split()[0]
        workers: set[str] = set()

        def both_have_responded() -> bool:
            with urllib.request.urlopen(url, timeout=LIMIT) as response:
                pid, parent = response.read().decode().split()
            assert int(parent) == server.pid
            workers.add(pid)
            return len(workers) == 2

        wait_until(both_have_responded)
    finally:
        server.terminate()
        server.wait(LIMIT)
    connections = {call["connection"] for call in emulator.journal()["calls"]}
    assert len(connections) >= 3, json.dumps(emulator.journal())
