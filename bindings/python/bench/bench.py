"""What `cargo xtask bench` measures of Python, in two forms: calls in threads, and calls in tasks.

`bench.py sync|async ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID CLIENT_ID` reads a line `CALLS AT_ONCE` and
answers `CPU WALL`, both in nanoseconds, as often as it is asked.
"""

from __future__ import annotations

import asyncio
import sys
import time
from threading import Thread

import devcred

#: Connections are opened and caches filled.
WARM_UP = 20


def main(form: str, endpoint: str, access_key_id: str, access_key_secret: str, instance_id: str, device: str) -> None:
    options: devcred.ClientOptions = {
        "endpoint": endpoint,
        "access_key_id": access_key_id,
        "access_key_secret": access_key_secret,
        "instance_id": instance_id,
        "max_requests_per_second": 1_000_000,
    }
    if form == "sync":
        with devcred.Client(**options) as client:
            for calls, at_once in asked():
                in_threads(client, device, WARM_UP, at_once)
                begin = clocks()
                in_threads(client, device, calls // at_once, at_once)
                answer(begin)
    else:
        asyncio.run(measure_tasks(devcred.AsyncClient(**options), device))


async def measure_tasks(client: devcred.AsyncClient, device: str) -> None:
    for calls, at_once in asked():
        await in_tasks(client, device, WARM_UP, at_once)
        begin = clocks()
        await in_tasks(client, device, calls // at_once, at_once)
        answer(begin)


def asked() -> map[tuple[int, int]]:
    return map(of_line, sys.stdin)


def of_line(line: str) -> tuple[int, int]:
    calls, at_once = line.split()
    return int(calls), int(at_once)


def clocks() -> tuple[int, int]:
    return time.process_time_ns(), time.monotonic_ns()


def answer(begin: tuple[int, int]) -> None:
    cpu, wall = clocks()
    print(cpu - begin[0], wall - begin[1], flush=True)


def in_threads(client: devcred.Client, device: str, calls: int, at_once: int) -> None:
    def lane() -> None:
        for _ in range(calls):
            client.get_device_credential(device)

    threads = [Thread(target=lane) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def in_tasks(client: devcred.AsyncClient, device: str, calls: int, at_once: int) -> None:
    async def lane() -> None:
        for _ in range(calls):
            await client.get_device_credential(device)

    await asyncio.gather(*(lane() for _ in range(at_once)))


if __name__ == "__main__":
    main(*sys.argv[1:])
