"""Calls in tasks, on asyncio's own event loop and on uvloop's."""

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


async def hanging(client: devcred.AsyncClient, emulator: Emulator) -> asyncio.Task[devcred.DeviceCredential]:
    """Begin a call that gets no answer, and wait until it has arrived."""
    task = asyncio.ensure_future(client.get_device_credential(HANGS, timeout=600))
    await asyncio.to_thread(emulator.wait_for, [None])
    return task


def test_calls_run_at_once(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        devices = [f"GID_test@@@{number}" for number in range(500)]
        async with devcred.AsyncClient(**emulator.options, max_requests_per_second=100_000) as client:
            fetched = await asyncio.gather(*map(client.get_device_credential, devices))
        assert [credential.client_id for credential in fetched] == devices

    run(main())


def test_an_error_comes_out_of_the_await(run: Run, small_emulator: Emulator) -> None:
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
            task = await hanging(client, emulator)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(emulator.wait_for, ["client_closed"])
            assert (await client.get_device_credential(DEVICE)).client_id == DEVICE

    run(main())


def test_a_time_limit_cancels_the_request(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options, timeout=600, attempt_timeout=600) as client:
            with pytest.raises(asyncio.TimeoutError) as late:
                await asyncio.wait_for(client.get_device_credential(HANGS), 0.3)
            assert not isinstance(late.value, devcred.DevcredError)
            await asyncio.to_thread(emulator.wait_for, ["client_closed"])
            if sys.version_info >= (3, 11):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await client.get_device_credential(HANGS)
                await asyncio.to_thread(emulator.wait_for, ["client_closed"] * 2)

    run(main())


def test_a_coroutine_that_is_closed_cancels_its_request(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options) as client:
            call = client.get_device_credential(HANGS, timeout=600)
            call.send(None)
            await asyncio.to_thread(emulator.wait_for, [None])
            call.close()
            await asyncio.to_thread(emulator.wait_for, ["client_closed"])

    run(main())


def test_the_client_is_closed_while_a_call_runs(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        async with devcred.AsyncClient(**emulator.options) as client:
            task = await hanging(client, emulator)
        with pytest.raises(devcred.InvalidParameterError, match="the client was closed"):
            await task

    run(main())


def test_one_client_serves_several_loops_one_after_the_other_and_at_once(run: Run, emulator: Emulator) -> None:
    client = devcred.AsyncClient(**emulator.options, max_requests_per_second=10_000)

    async def main() -> None:
        for _ in range(20):
            await asyncio.gather(*(client.get_device_credential(DEVICE) for _ in range(4)))

    run(main())
    with ThreadPoolExecutor(4) as pool:
        assert [future.result() for future in [pool.submit(run, main()) for _ in range(4)]] == [None] * 4


def test_a_loop_that_is_closed_early_is_left_alone(run: Run, program: Program, emulator: Emulator) -> None:
    status, printed = program.run(f"""
        import asyncio, devcred, gc, sys, time, urllib.request
        {"import uvloop; uvloop.install()" if "uvloop" in run.__module__ else ""}
        client = devcred.AsyncClient.from_env()

        async def begin():
            call = client.get_device_credential("GID_test@@@fault-slow-300")
            call.send(None)
            return call

        loop = asyncio.new_event_loop()
        call = loop.run_until_complete(begin())
        loop.close()
        # Its answer comes to nobody.
        journal = client  # keep it alive
        while b"answered" not in urllib.request.urlopen("{emulator.endpoint}/_devcred/calls").read():
            time.sleep(0.01)
        asyncio.run(client.get_device_credential("GID_test@@@test"))
        call.close()
        gc.collect()
        print("done")
        """)
    assert (status, printed.splitlines()[-1:]) == (0, ["done"]), printed


def test_a_client_that_is_dropped_in_use_lets_its_call_end(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        task = asyncio.ensure_future(
            devcred.AsyncClient(**emulator.options).get_device_credential("GID_test@@@fault-slow-300")
        )
        await asyncio.sleep(0)
        gc.collect()
        assert (await asyncio.wait_for(task, LIMIT)).client_id == "GID_test@@@fault-slow-300"

    run(main())


def test_a_key_is_replaced_between_calls(run: Run, emulator: Emulator) -> None:
    async def main() -> None:
        options = {**emulator.options, "access_key_secret": "wrong"}
        async with devcred.AsyncClient(**options) as client:
            with pytest.raises(devcred.AuthenticationError):
                await client.get_device_credential(DEVICE)
            client.set_access_key(emulator.access_key_id, emulator.access_key_secret)
            assert await client.get_device_credential(DEVICE)

    run(main())


def test_without_a_loop_that_runs_it_says_so(emulator: Emulator) -> None:
    call = devcred.AsyncClient(**emulator.options).get_device_credential(DEVICE)
    with pytest.raises(RuntimeError, match="no running event loop"):
        call.send(None)
