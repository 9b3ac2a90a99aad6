"""A program ends while a call runs: its status is kept, and nothing hangs or crashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Emulator, Program

WAIT_FOR_ITS_REQUEST = """
def arrived():
    while b"fault-hang" not in urllib.request.urlopen(os.environ["DEVCRED_ENDPOINT"] + "/_devcred/calls").read():
        time.sleep(0.005)
"""

BEGIN = """
import asyncio, devcred, gc, os, sys, threading, time, urllib.request
{wait}
client = devcred.Client.from_env(timeout=600, attempt_timeout=600)
threading.Thread(target=client.get_device_credential, args=["GID_test@@@fault-hang"], daemon=True).start()
arrived()
"""

HURRY = """
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
def test_while_a_daemon_thread_waits(program: Program, end: str) -> None:
    status, printed = program.run(BEGIN.format(wait=WAIT_FOR_ITS_REQUEST) + end)
    assert status == 5, printed
    # What `close` raises in the thread is printed as far as the thread comes before the process ends.
    assert "Traceback" not in printed or "client.close()" in end


def test_while_daemon_threads_make_one_call_after_the_other(program: Program) -> None:
    for _ in range(10):
        assert program.run(HURRY + "sys.exit(5)") == (5, "")


def test_while_answers_come_to_an_event_loop(program: Program) -> None:
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


def test_while_a_loop_is_left_behind(program: Program) -> None:
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


def test_a_call_made_by_a_hook_at_exit_is_answered(program: Program, emulator: Emulator) -> None:
    """Hooks that were there before devcred run after its own."""
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
