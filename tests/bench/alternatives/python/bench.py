"""Calls by other means than devcred, in threads or in tasks; ../README.md documents the arguments."""

from __future__ import annotations

import asyncio
import platform
import sys
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

#: Calls of each thread or task before the measurement, to open connections and fill caches.
WARM_UP = 20


class Arguments(NamedTuple):
    headers: list[str]
    endpoint: str
    access_key_id: str
    access_key_secret: str
    instance_id: str
    client_id: str


def main(headers: str, form: str, *call: str) -> None:
    # A form needs none of what the other module imports.
    if form in ("sockets", "asyncio"):
        import bare as means
    else:
        import sdk as means
    if call == ("--version",):
        print(f"{means.VERSIONS[form]}, {platform.python_implementation()} {platform.python_version()}")
        return
    arguments = Arguments(Path(headers).read_text().splitlines(), *call)
    if form in ("sockets", "sync"):
        measure_threads(means.in_threads(arguments))
    else:
        asyncio.run(measure_tasks(means.in_tasks(arguments)))


def measure_threads(call: Callable[[int], object]) -> None:
    """Makes calls in threads. `call` is called with the number of the thread."""
    for calls, at_once in read_requests():
        call_in_threads(call, WARM_UP, at_once)
        begin = read_clocks()
        call_in_threads(call, calls // at_once, at_once)
        print_elapsed(begin)


async def measure_tasks(call: Callable[[int], Awaitable[object]]) -> None:
    """Makes calls in tasks. `call` is called with the number of the task."""
    for calls, at_once in read_requests():
        await call_in_tasks(call, WARM_UP, at_once)
        begin = read_clocks()
        await call_in_tasks(call, calls // at_once, at_once)
        print_elapsed(begin)


def read_requests() -> Iterator[tuple[int, int]]:
    for line in sys.stdin:
        calls, at_once = line.split()
        yield int(calls), int(at_once)


def read_clocks() -> tuple[int, int]:
    return time.process_time_ns(), time.monotonic_ns()


def print_elapsed(begin: tuple[int, int]) -> None:
    cpu, wall = read_clocks()
    print(cpu - begin[0], wall - begin[1], flush=True)


def call_in_threads(call: Callable[[int], object], calls: int, at_once: int) -> None:
    def make_calls(number: int) -> None:
        for _ in range(calls):
            call(number)

    if at_once == 1:
        make_calls(0)
        return
    threads = [Thread(target=make_calls, args=[number]) for number in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def call_in_tasks(call: Callable[[int], Awaitable[object]], calls: int, at_once: int) -> None:
    async def make_calls(number: int) -> None:
        for _ in range(calls):
            await call(number)

    await asyncio.gather(*(make_calls(number) for number in range(at_once)))


if __name__ == "__main__":
    main(*sys.argv[1:])
