"""Many threads, many clients, and clients that are dropped during calls."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import devcred
import pytest
from conftest import DEVICE, HANGS

if TYPE_CHECKING:
    from conftest import Emulator, Program


def test_many_threads_can_share_one_client(emulator: Emulator) -> None:
    devices = [f"GID_test@@@{number}" for number in range(200)]
    with devcred.Client(**emulator.options, max_requests_per_second=10_000) as client, ThreadPoolExecutor(32) as pool:
        fetched = list(pool.map(client.get_device_credential, devices))
    assert [credential.client_id for credential in fetched] == devices


def test_a_waiting_call_does_not_block_other_threads(emulator: Emulator) -> None:
    with devcred.Client(**emulator.options) as client:
        waiting = threading.Thread(target=pytest.raises, args=(devcred.InvalidParameterError, wait_for_ever, client))
        waiting.start()
        emulator.wait_for([None])
        # This thread runs, and can make a call, while the other one waits.
        assert client.get_device_credential(DEVICE).client_id == DEVICE
        assert waiting.is_alive()
        client.close()
        waiting.join()
    emulator.wait_for(["client_closed", "answered"])


def wait_for_ever(client: devcred.Client) -> None:
    """Make a call that gets no response."""
    client.get_device_credential(HANGS, timeout=600)


def test_threads_can_replace_the_key_in_parallel(emulator: Emulator) -> None:
    with devcred.Client(**{**emulator.options, "access_key_secret": "wrong"}) as client, ThreadPoolExecutor(8) as pool:
        with pytest.raises(devcred.AuthenticationError):
            client.get_device_credential(DEVICE)
        replaced = [pool.submit(client.set_access_key, "test-key", "test-s3cr3t+/=") for _ in range(8)]
        assert [future.result() for future in replaced] == [None] * 8
        assert client.get_device_credential(DEVICE)


def test_a_running_call_completes_after_its_client_is_dropped(emulator: Emulator) -> None:
    client = devcred.Client(**emulator.options)
    dropped = weakref.ref(client)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.get_device_credential, "GID_test@@@fault-slow-300")
        emulator.wait_for([None])
        del client
        gc.collect()
        assert call.result().client_id == "GID_test@@@fault-slow-300"
    del call
    assert dropped() is None


def count_open_files() -> int:
    """Count this process's file descriptors."""
    return len(os.listdir("/proc/self/fd"))


def count_threads() -> int:
    """Count this process's threads, including those that Python did not start."""
    return len(os.listdir("/proc/self/task"))


def test_dropped_clients_leave_no_threads_and_no_open_files(emulator: Emulator) -> None:
    counts = []
    for _ in range(200):
        client = devcred.Client(**emulator.options)
        client.get_device_credential(DEVICE)
        del client
        counts.append((count_threads(), count_open_files()))
    # Another thread closes the connection, soon after its client was dropped.
    deadline = time.monotonic() + 30
    while (count_threads(), count_open_files()) > counts[0] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert count_threads() <= counts[0][0]
    assert count_open_files() <= counts[0][1]


def test_only_a_call_of_an_event_loop_starts_a_thread(program: Program) -> None:
    status, printed = program.run("""
        import asyncio, os, devcred

        def count_threads():
            return len(os.listdir("/proc/self/task"))

        client, async_client = devcred.Client.from_env(), devcred.AsyncClient.from_env()
        counts = [count_threads()]
        for _ in range(2):
            client.get_device_credential("GID_test@@@test")
            client.get_device_credential("GID_test@@@fault-slow-300")
            counts.append(count_threads())
        asyncio.run(async_client.get_device_credential("GID_test@@@test"))
        print(*counts, count_threads())
        """)
    assert (status, printed) == (0, "1 1 1 2\n")


def test_calls_one_after_the_other_use_one_connection(emulator: Emulator) -> None:
    with devcred.Client(**emulator.options, max_requests_per_second=10_000) as client:
        for _ in range(50):
            client.get_device_credential(DEVICE)
    assert len({call["connection"] for call in emulator.journal()["calls"]}) == 1
