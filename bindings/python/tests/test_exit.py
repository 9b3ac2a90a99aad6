"""A program that exits during calls keeps its exit status, and does not hang or crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Emulator, Program

DEFINE_WAIT = """
def wait_for_request():
    while b"fault-hang" not in urllib.request.urlopen(os.environ["DEVCRED_ENDPOINT"] + "/_devcred/calls").read():
        time.sleep(0.005)
"""

START_CALL = """
import asyncio, devcred, gc, os, sys, threading, time, urllib.request
{wait}
client = devcred.Client.from_env(timeout=600, attempt_timeout=600)
threading.Thread(target=client.get_device_credential, args=["GID_test@@@fault-hang"], daemon=True).start()
wait_for_request()
"""

START_THREADS = """
import devcred, sys, threading
client = devcred.Client.from_env(max_requests_per_second=1_000_000)
def work():
    while True:
        client.get_device_credential("GID_test@@@test")
for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
for _ in range(50):
    client.get_device_credential("GID_test@@@test")
"""


@pytest.mark.parametrize(
    "end", ["sys.exit(5)", "raise SystemExit(5)", "client.close(); sys.exit(5)", "del client; sys.exit(5)"]
)
def test_exit_while_a_daemon_thread_waits(program: Program, end: str) -> None:
    status, printed = program.run(START_CALL.format(wait=DEFINE_WAIT) + end)
    assert status == 5, printed
    # The thread may print the error that `close` causes, if it runs before the process ends.
    assert "Traceback" not in printed or "client.close()" in end


def test_exit_while_daemon_threads_make_calls(program: Program) -> None:
    for _ in range(10):
        assert program.run(START_THREADS + "sys.exit(5)") == (5, "")


def test_exit_while_calls_complete_in_an_event_loop(program: Program) -> None:
    source = """
import asyncio, devcred, logging, sys
logging.basicConfig(level=1, stream=open("/dev/null", "w"))
async def main():
    client = devcred.AsyncClient.from_env(max_requests_per_second=1_000_000)
    calls = [asyncio.ensure_future(client.get_device_credential("GID_test@@@test")) for _ in range(200)]
    await calls[0]
    sys.exit(5)
asyncio.run(main())
"""
    for _ in range(10):
        assert program.run(source) == (5, "")


def test_exit_with_an_unfinished_event_loop(program: Program) -> None:
    source = """
import asyncio, devcred, os, sys
async def main():
    client = devcred.AsyncClient.from_env()
    for _ in range(50):
        client.get_device_credential("GID_test@@@test").send(None)
    sys.exit(5)
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
"""
    for _ in range(5):
        status, printed = program.run(source)
        assert status == 5, printed


def test_an_exit_handler_can_make_a_call(program: Program, emulator: Emulator) -> None:
    """Handlers that were registered before devcred was imported run after those of devcred."""
    status, printed = program.run("""
        import atexit
        @atexit.register
        def last():
            print(client.get_device_credential("GID_test@@@test").client_id)
        import devcred
        client = devcred.Client.from_env()
        """)
    assert (status, printed) == (0, "GID_test@@@test\n")
    assert emulator.ends() == ["answered"]
