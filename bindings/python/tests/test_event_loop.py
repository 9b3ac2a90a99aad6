"""How the bridge wakes an event loop, and that nothing of it remains when the loop is closed."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import select
import warnings
import weakref
from typing import TYPE_CHECKING, Any, Callable

import devcred
import pytest
from conftest import DEVICE, HANGS, wait_until
from devcred._event_loop import completion_queue

if TYPE_CHECKING:
    from conftest import Emulator, Program

NewLoop = Callable[[], asyncio.AbstractEventLoop]


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """An event loop that watches no descriptors, like the default one of Windows."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


def new_uvloop() -> asyncio.AbstractEventLoop:
    uvloop: Any = pytest.importorskip("uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


READERS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, new_uvloop], ids=["asyncio", "uvloop"])
EVERY_LOOP = pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, new_uvloop, LoopWithoutReaders], ids=["asyncio", "uvloop", "without readers"]
)


def open_files() -> set[tuple[str, str]]:
    """Return each descriptor with the file that it refers to."""
    files = set()
    for descriptor in os.listdir("/proc/self/fd"):
        # That of the listed folder is closed again.
        with contextlib.suppress(FileNotFoundError):
            files.add((descriptor, os.readlink(f"/proc/self/fd/{descriptor}")))
    return files


async def fetch(client: devcred.AsyncClient, count: int = 1) -> None:
    devices = [f"GID_test@@@{number}" for number in range(count)]
    fetched = await asyncio.gather(*map(client.get_device_credential, devices))
    assert [credential.client_id for credential in fetched] == devices


async def start(client: devcred.AsyncClient, device: str) -> asyncio.Task[devcred.DeviceCredential]:
    """Start a call, and let its task run until it waits."""
    task = asyncio.ensure_future(client.get_device_credential(device, timeout=600))
    await asyncio.sleep(0)
    return task


@EVERY_LOOP
def test_a_thousand_loops_leave_no_open_files(new_loop: NewLoop, emulator: Emulator) -> None:
    client = devcred.AsyncClient(**emulator.options, max_requests_per_second=1_000_000)
    gc.disable()
    try:
        counts = []
        for _ in range(1000):
            loop = new_loop()
            loop.run_until_complete(fetch(client))
            loop.close()
            counts.append(len(open_files()))
    finally:
        gc.enable()
    # The thread of the bridge may still be waking the previous loop.
    assert max(counts) <= counts[0] + 4


@EVERY_LOOP
def test_many_clients_of_one_loop_need_one_queue(new_loop: NewLoop, emulator: Emulator) -> None:
    loop = new_loop()

    async def main() -> None:
        queue = completion_queue(loop)
        before = open_files()
        for _ in range(100):
            async with devcred.AsyncClient(**emulator.options) as client:
                await fetch(client)
            assert completion_queue(loop) is queue
        await asyncio.to_thread(wait_until, lambda: len(open_files()) <= len(before) + 8)

    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@READERS
def test_closing_a_loop_closes_its_descriptors_while_its_calls_run(new_loop: NewLoop, emulator: Emulator) -> None:
    client = devcred.AsyncClient(**emulator.options, timeout=600, attempt_timeout=600)
    loop = new_loop()
    slow = loop.run_until_complete(start(client, "GID_test@@@fault-slow-300"))
    descriptor = completion_queue(loop).fileno()
    receiver = os.fstat(descriptor).st_ino
    emulator.wait_for([None])
    loop.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    # Another file gets the number of the descriptor; the completion does not write to it.
    ends = [os.pipe() for _ in range(8)]
    emulator.wait_for(["answered"])
    asyncio.run(fetch(client))
    readable, _, _ = select.select([reader for reader, _ in ends], [], [], 0)
    assert not readable
    for end in [end for both in ends for end in both]:
        assert os.fstat(end).st_ino != receiver
        os.close(end)
    assert not slow.done()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        del slow
        gc.collect()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, LoopWithoutReaders])
def test_a_loop_that_is_not_closed_is_collected_with_its_descriptors(new_loop: NewLoop, emulator: Emulator) -> None:
    """uvloop does not collect a loop that has run and was not closed."""
    client = devcred.AsyncClient(**emulator.options)
    asyncio.run(fetch(client))
    before = open_files()
    loop = new_loop()
    loop.run_until_complete(fetch(client))
    queue = weakref.ref(completion_queue(loop))
    collected = weakref.ref(loop)

    def is_collected() -> bool:
        gc.collect()
        # Those of the first loop may be open a moment longer than the loop.
        return (collected(), queue()) == (None, None) and open_files() <= before

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del loop
        # The thread of the bridge may still be waking it.
        wait_until(is_collected)


@EVERY_LOOP
def test_some_of_many_calls_are_cancelled_while_they_complete(new_loop: NewLoop, emulator: Emulator) -> None:
    loop = new_loop()

    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options, max_requests_per_second=1_000_000) as client:
            for number in range(20):
                tasks = [await start(client, f"GID_test@@@{number}-{task}") for task in range(40)]
                await tasks[number]
                for task in tasks[::2]:
                    task.cancel()
                ends = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(end, devcred.DeviceCredential) for end in ends[1::2])
                assert all(isinstance(end, (devcred.DeviceCredential, asyncio.CancelledError)) for end in ends)
            hangs = await start(client, HANGS)
            hangs.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hangs
            await fetch(client, 100)

    loop.run_until_complete(main())
    loop.close()


@EVERY_LOOP
def test_a_loop_is_woken_again_after_it_was_idle(new_loop: NewLoop, emulator: Emulator) -> None:
    client = devcred.AsyncClient(**emulator.options, max_requests_per_second=1_000_000)
    loop = new_loop()
    # The loop does not run while these complete.
    tasks = [loop.run_until_complete(start(client, f"GID_test@@@{number}")) for number in range(8)]
    emulator.wait_for(["answered"] * 8)
    loop.run_until_complete(asyncio.gather(*tasks))
    loop.run_until_complete(fetch(client))
    loop.close()


class PollEntry(ctypes.Structure):
    """`struct pollfd`."""

    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


def test_waking_a_loop_needs_no_gil(emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options) as client:
            task = await start(client, DEVICE)
            entry = PollEntry(completion_queue(asyncio.get_running_loop()).fileno(), select.POLLIN, 0)
            # A function of `PyDLL` keeps the GIL. It returns 0 if the descriptor does not become readable.
            assert ctypes.PyDLL(None).poll(ctypes.byref(entry), 1, 30_000) == 1
            await task

    asyncio.run(main())


def test_a_process_without_free_descriptors_wakes_its_loop_by_a_call(program: Program) -> None:
    status, printed = program.run("""
        import asyncio, devcred, os, resource
        from devcred._event_loop import completion_queue
        client = devcred.AsyncClient.from_env()
        asyncio.run(client.get_device_credential("GID_test@@@first"))
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)

        async def main():
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, limit[1]))
            credential = await client.get_device_credential("GID_test@@@second")
            print(credential.client_id, completion_queue(asyncio.get_running_loop()).fileno())
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)

        asyncio.run(main())
        """)
    assert (status, printed) == (0, "GID_test@@@second -1\n")


@pytest.mark.parametrize("module", ["asyncio", "uvloop"])
def test_parent_and_child_have_separate_queues(program: Program, module: str) -> None:
    pytest.importorskip(module)
    status, printed = program.run(f"""
        import asyncio, devcred, gc, os, {module}
        from devcred._event_loop import completion_queue
        client = devcred.AsyncClient.from_env(max_requests_per_second=1_000_000)

        async def start(device):
            task = asyncio.ensure_future(client.get_device_credential(device))
            await asyncio.sleep(0)
            return task

        async def fetch():
            for _ in range(20):
                await asyncio.gather(*(client.get_device_credential("GID_test@@@test") for _ in range(10)))

        loop = {module}.new_event_loop()
        for _ in range(5):
            task = loop.run_until_complete(start("GID_test@@@fault-slow-200"))
            inherited = completion_queue(loop)
            child = os.fork()
            if child == 0:
                try:
                    # The child neither reads the byte of its parent nor drops what it inherited.
                    inherited.drain()
                    del inherited
                    childs = {module}.new_event_loop()
                    childs.run_until_complete(fetch())
                    assert completion_queue(loop) is not completion_queue(childs)
                    childs.close()
                    os._exit(7)
                finally:
                    os._exit(1)
            loop.run_until_complete(fetch())
            assert loop.run_until_complete(task).client_id == "GID_test@@@fault-slow-200"
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        loop.close()
        print("done")
        """)
    assert (status, printed) == (0, "done\n")


@pytest.mark.parametrize("module", ["asyncio", "uvloop"])
@pytest.mark.parametrize(
    "end", ["sys.exit(5)", "loop.close(); sys.exit(5)", "del loop, tasks; gc.collect(); sys.exit(5)"]
)
def test_exit_while_calls_complete(program: Program, module: str, end: str) -> None:
    pytest.importorskip(module)
    for _ in range(5):
        status, printed = program.run(f"""
            import asyncio, devcred, gc, sys, {module}
            client = devcred.AsyncClient.from_env(max_requests_per_second=1_000_000)

            async def main():
                tasks = [asyncio.ensure_future(client.get_device_credential("GID_test@@@test")) for _ in range(200)]
                await tasks[0]
                return tasks

            loop = {module}.new_event_loop()
            tasks = loop.run_until_complete(main())
            {end}
            """)
        assert status == 5, printed
