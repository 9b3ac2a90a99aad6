"""The Python program of `cargo xtask soak`; tests/soak/src/main.rs documents the protocol."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

import devcred

_tasks: dict[str, asyncio.Task[devcred.DeviceCredential]] = {}


async def main(
    endpoint: str,
    access_key_id: str,
    access_key_secret: str,
    instance_id: str,
    timeout_ms: str,
    attempt_timeout_ms: str,
) -> None:
    client = devcred.AsyncClient(
        endpoint=endpoint,
        access_key_id=access_key_id,
        access_key_secret=access_key_secret,
        instance_id=instance_id,
        timeout=int(timeout_ms) / 1000,
        attempt_timeout=int(attempt_timeout_ms) / 1000,
        max_requests_per_second=1_000_000,
    )
    async with client:
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            verb, number, *client_id = line.decode().split()
            if verb == "start":
                task = _tasks[number] = asyncio.create_task(client.get_device_credential(client_id[0]))
                task.add_done_callback(partial(report, number))
            elif number in _tasks:
                _tasks[number].cancel()
        await asyncio.gather(*_tasks.values(), return_exceptions=True)


def report(number: str, task: asyncio.Task[devcred.DeviceCredential]) -> None:
    del _tasks[number]
    if task.cancelled():
        outcome = "cancelled"
    elif error := task.exception():
        if not isinstance(error, devcred.DevcredError):
            raise error
        outcome = f"error {error.kind}"
    else:
        login = task.result().mqtt_login()
        outcome = f"ok {login.client_id} {login.username} {login.password}"
    sys.stdout.write(f"{number} {outcome}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
