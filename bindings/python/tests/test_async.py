"""Calls in tasks, on the event loops of asyncio and uvloop."""

from __future__ import annotations

import asyncio
import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable

import devcred
import pytest
from conftest import DEVICE, HANGS, LIMIT

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from conftest import Emulator, Program

Run = Callable[["Coroutine[Any, Any, None]"], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a coroutine on one kind of event loop."""
    if request.param == "asyncio":
        return asyncio.run
    return pytest.importorskip("uvloop").run  # type: ignore[no-any-return]


async def start_hanging_call(client: devcred.AsyncClient, emulator: Emulator) -> asyncio.Task[devcred.DeviceCredential]:
    """Start a call that gets no response, and wait until the emulator has received it."""
    task = asyncio.ensure_future(client.get_device_credential(HANGS, timeout=600))
    await asyncio.to_thread(emulator.wait_for, [None])
    return task


def test_calls_run_concurrently(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        devices = [f"GID_test@@@{number}" for number in range(500)]
        async with devcred.AsyncClient(**emulator.options, max_requests_per_second=100_000) as client:
            fetched = await asyncio.gather(*map(client.get_device_credential, devices))
        assert [credential.client_id for credential in fetched] == devices

    run(main())


def test_await_raises_the_error_of_a_call(run: Run, small_emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**small_emulator.options) as client:
            with pytest.raises(devcred.NotFoundError):
                await client.get_device_credential("GID_test@@@unknown")
            with pytest.raises(devcred.InvalidParameterError):
                await client.get_device_credential("")
            wrong: Any = 1
            with pytest.raises(TypeError, match="client_id must be a str, not int"):
                await client.get_device_credential(wrong)

    run(main())


def test_a_cancelled_task_cancels_its_request(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options) as client:
            task = await start_hanging_call(client, emulator)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(emulator.wait_for, ["client_closed"])
            assert (await client.get_device_credential(DEVICE)).client_id == DEVICE

    run(main())


def test_a_timeout_of_asyncio_cancels_the_request(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options, timeout=600, attempt_timeout=600) as client:
            with pytest.raises(asyncio.TimeoutError) as failed:
                await asyncio.wait_for(client.get_device_credential(HANGS), 0.3)
            assert not isinstance(failed.value, devcred.DevcredError)
            await asyncio.to_thread(emulator.wait_for, ["client_closed"])
            if sys.version_info >= (3, 11):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await client.get_device_credential(HANGS)
                await asyncio.to_thread(emulator.wait_for, ["client_closed"] * 2)

    run(main())


def test_closing_a_coroutine_cancels_its_request(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options) as client:
            call = client.get_device_credential(HANGS, timeout=600)
            call.send(None)
            await asyncio.to_thread(emulator.wait_for, [None])
            call.close()
            await asyncio.to_thread(emulator.wait_for, ["client_closed"])

    run(main())


def test_closing_the_client_ends_a_running_call(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options) as client:
            task = await start_hanging_call(client, emulator)
        with pytest.raises(devcred.InvalidParameterError, match="the client was closed"):
            await task

    run(main())


def test_one_client_works_with_several_loops_in_sequence_and_in_parallel(run: Run, emulator: Emulator) -> None:
    client = devcred.AsyncClient(**emulator.options, max_requests_per_second=10_000)

    async def main() -> None:
        for _ in range(20):
            await asyncio.gather(*(client.get_device_credential(DEVICE) for _ in range(4)))

    run(main())
    with ThreadPoolExecutor(4) as pool:
        assert [future.result() for future in [pool.submit(run, main()) for _ in range(4)]] == [None] * 4


def test_a_call_whose_loop_was_closed_completes_without_effect(run: Run, program: Program, emulator: Emulator) -> None:
    status, printed = program.run(f"""
        import asyncio, devcred, gc, sys, time, urllib.request
        {"import uvloop; uvloop.install()" if "uvloop" in run.__module__ else ""}
        client = devcred.AsyncClient.from_env()

        async def start():
            call = client.get_device_credential("GID_test@@@fault-slow-300")
            call.send(None)
            return call

        loop = asyncio.new_event_loop()
        call = loop.run_until_complete(start())
        loop.close()
        # The completion of this call has no loop any more.
        while b"answered" not in urllib.request.urlopen("{emulator.endpoint}/_devcred/calls").read():
            time.sleep(0.01)
        asyncio.run(client.get_device_credential("GID_test@@@test"))
        call.close()
        gc.collect()
        print("done")
        """)
    assert (status, printed.splitlines()[-1:]) == (0, ["done"]), printed


def test_a_running_call_completes_after_its_client_is_dropped(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        task = asyncio.ensure_future(
            devcred.AsyncClient(**emulator.options).get_device_credential("GID_test@@@fault-slow-300")
        )
        await asyncio.sleep(0)
        gc.collect()
        assert (await asyncio.wait_for(task, LIMIT)).client_id == "GID_test@@@fault-slow-300"

    run(main())


def test_a_call_is_signed_with_the_replaced_key(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        options = {**emulator.options, "access_key_secret": "wrong"}
        async with devcred.AsyncClient(**options) as client:
            with pytest.raises(devcred.AuthenticationError):
                await client.get_device_credential(DEVICE)
            client.set_access_key(emulator.access_key_id, emulator.access_key_secret)
            assert await client.get_device_credential(DEVICE)

    run(main())


def test_a_call_without_a_running_loop_is_a_runtime_error(emulator: Emulator) -> None:
    call = devcred.AsyncClient(**emulator.options).get_device_credential(DEVICE)
    with pytest.raises(RuntimeError, match=r"^AsyncClient needs a running asyncio event loop$"):
        call.send(None)
