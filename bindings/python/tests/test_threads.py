"""Many threads, many clients, and clients that go while they are used."""

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


def test_any_number_of_threads_use_one_client(emulator: Emulator) -> None:
    devices = [f"GID_test@@@{number}" for number in range(200)]
    with devcred.Client(**emulator.options, max_requests_per_second=10_000) as client, ThreadPoolExecutor(32) as pool:
        fetched = list(pool.map(client.get_device_credential, devices))
    assert [credential.client_id for credential in fetched] == devices


def test_other_threads_run_while_one_waits(emulator: Emulator) -> None:
    with devcred.Client(**emulator.options) as client:
        waiting = threading.Thread(target=pytest.raises, args=(devcred.InvalidParameterError, wait_for_ever, client))
        waiting.start()
        emulator.wait_for([None])
        # The thread waits, and this one has come so far and can do more.
        assert client.get_device_credential(DEVICE).client_id == DEVICE
        assert waiting.is_alive()
        client.close()
        waiting.join()
    emulator.wait_for(["client_closed", "answered"])


def wait_for_ever(client: devcred.Client) -> None:
    """Make a call that gets no answer."""
    client.get_device_credential(HANGS, timeout=600)


def test_a_key_is_replaced_while_calls_run(emulator: Emulator) -> None:
    with devcred.Client(**{**emulator.options, "access_key_secret": "wrong"}) as client, ThreadPoolExecutor(8) as pool:
        with pytest.raises(devcred.AuthenticationError):
            client.get_device_credential(DEVICE)
        replaced = [pool.submit(client.set_access_key, "test-key", "test-s3cr3t+/=") for _ in range(8)]
        assert [future.result() for future in replaced] == [None] * 8
        assert client.get_device_credential(DEVICE)


def test_a_client_that_is_dropped_in_use_lets_its_call_end(emulator: Emulator) -> None:
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


def open_files() -> int:
    """Count this process's file descriptors."""
    return len(os.listdir("/proc/self/fd"))


def threads() -> int:
    """Count this process's threads, those of no Python too."""
    return len(os.listdir("/proc/self/task"))


def test_clients_that_are_dropped_leave_nothing_behind(emulator: Emulator) -> None:
    counted = []
    for _ in range(200):
        client = devcred.Client(**emulator.options)
        client.get_device_credential(DEVICE)
        del client
        counted.append((threads(), open_files()))
    # A connection is closed on another thread, soon after its client has gone.
    wait = time.monotonic() + 30
    while (threads(), open_files()) > counted[0] and time.monotonic() < wait:
        time.sleep(0.01)
    assert threads() <= counted[0][0]
    assert open_files() <= counted[0][1]


def test_a_client_that_makes_no_call_starts_no_thread(program: Program) -> None:
    status, printed = program.run("""
        import os, devcred
        client = devcred.Client.from_env()
        print(len(os.listdir("/proc/self/task")))
        client.get_device_credential("GID_test@@@test")
        print(len(os.listdir("/proc/self/task")))
        """)
    assert (status, printed) == (0, "1\n2\n")
