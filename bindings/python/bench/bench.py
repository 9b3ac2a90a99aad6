"""The Python program of `cargo xtask bench`, in two forms: calls in threads, and calls in tasks.

`bench.py sync|async ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID CLIENT_ID` reads lines
`CALLS AT_ONCE` and prints `CPU WALL`, both in nanoseconds, for each. `bench.py sync|async --version`
prints versions.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import time
from threading import Thread

import devcred

#: Calls of each thread or task before the measurement, to open connections and fill caches.
WARM_UP = 20


def main(form: str, *arguments: str) -> None:
    if arguments == ("--version",):
        print(f"devcred {devcred.__version__}, {platform.python_implementation()} {platform.python_version()}")
        return
    endpoint, access_key_id, access_key_secret, instance_id, device = arguments
    options: devcred.ClientOptions = {
        "endpoint": endpoint,
        "access_key_id": access_key_id,
        "access_key_secret": access_key_secret,
        "instance_id": instance_id,
        "max_requests_per_second": 1_000_000,
    }
    if form == "sync":
        with devcred.Client(**options) as client:
            for calls, at_once in read_requests():
                call_in_threads(client, device, WARM_UP, at_once)
                begin = read_clocks()
                call_in_threads(client, device, calls // at_once, at_once)
                print_elapsed(begin)
    else:
        asyncio.run(measure_tasks(devcred.AsyncClient(**options), device))


async def measure_tasks(client: devcred.AsyncClient, device: str) -> None:
    for calls, at_once in read_requests():
        await call_in_tasks(client, device, WARM_UP, at_once)
        begin = read_clocks()
        await call_in_tasks(client, device, calls // at_once, at_once)
        print_elapsed(begin)


def read_requests() -> map[tuple[int, int]]:
    return map(parse_line, sys.stdin)


def parse_line(line: str) -> tuple[int, int]:
    calls, at_once = line.split()
    return int(calls), int(at_once)


def read_clocks() -> tuple[int, int]:
    return time.process_time_ns(), time.monotonic_ns()


def print_elapsed(begin: tuple[int, int]) -> None:
    cpu, wall = read_clocks()
    print(cpu - begin[0], wall - begin[1], flush=True)


def call_in_threads(client: devcred.Client, device: str, calls: int, at_once: int) -> None:
    def make_calls() -> None:
        for _ in range(calls):
            client.get_device_credential(device)

    if at_once == 1:
        make_calls()
        return
    threads = [Thread(target=make_calls) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def call_in_tasks(client: devcred.AsyncClient, device: str, calls: int, at_once: int) -> None:
    async def make_calls() -> None:
        for _ in range(calls):
            await client.get_device_credential(device)

    await asyncio.gather(*(make_calls() for _ in range(at_once)))


if __name__ == "__main__":
    main(*sys.argv[1:])
