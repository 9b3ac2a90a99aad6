"""
The probe of Python, in two forms: `probe.py sync` makes its calls in threads, `probe.py async` in tasks.

The protocol is in tests/README.md.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import sys
import time
from concurrent.futures import Future
from datetime import datetime, timedelta, timezone
from threading import Thread
from typing import TYPE_CHECKING, Any, Optional, Union
from urllib.parse import quote, unquote

import devcred

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = ["access_key_id", "access_key_secret", "security_token"]
TEXTS = [*KEY, "region", "network", "endpoint", "instance_id", "signature", "root_certificates_pem", "proxy"]
TIMES = ["timeout", "attempt_timeout", "connect_timeout"]
COUNTS = ["max_attempts", "max_requests_per_second"]
CREDENTIAL = ["client_id", "instance_id", "device_access_key_id", "device_access_key_secret", "request_id"]
ERROR = ["kind", "code", "message", "http_status", "request_id", "attempts", "help_url", "advice"]


class Cancelled(Exception):  # noqa: N818
    """What ends a call in a thread, and how a call ended that was cancelled."""


Line = dict[str, str]
Ended = Union[devcred.DeviceCredential, devcred.DevcredError, Cancelled]
Client = Union[devcred.Client, devcred.AsyncClient]
Seen = tuple[list[Ended], Optional[str]]
LEVELS = {"trace": 5, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


def main() -> None:
    """Answer every line."""
    for name, level in LEVELS.items():
        logging.addLevelName(level, name)
    logging.basicConfig(level=1, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    loop = asyncio.new_event_loop()
    is_sync = sys.argv[1] == "sync"
    new = devcred.Client if is_sync else devcred.AsyncClient
    kinds = ",".join(known.kind for known in devcred.DevcredError.__subclasses__())
    write({"probe": "python", "version": devcred.__version__, "kinds": kinds})
    client: Client | None = None
    for text in sys.stdin:
        pairs = (pair.split("=", 1) for pair in text.rstrip("\n").split("&"))
        call = {key: unquote(value, errors="strict") for key, value in pairs}
        # It stays open until the next line, so that nothing but the cancellation can end a cancelled call.
        if client:
            client.close()
        client = None
        try:
            client = new.from_env(**options(call)) if "from_env" in call else new(**options(call))
        except devcred.DevcredError as error:
            write(answer(call, [error], None, ""))
            continue
        client_text = f"{client}\n{client!r}"
        seen = in_threads(client, call) if is_sync else loop.run_until_complete(in_tasks(client, call))
        write(answer(call, *seen, client_text))
    if client:
        client.close()
    loop.close()


def write(line: Line) -> None:
    """Write a line of the protocol."""
    print("&".join(f"{key}={quote(value, safe='')}" for key, value in line.items()), flush=True)


def answer(call: Line, ended: list[Ended], key_refused: str | None, client_text: str) -> Line:
    """Say what was seen of the calls of a line."""
    failed = [end for end in ended if isinstance(end, Exception)]
    line = {"case": call["case"], "ok": str(len(ended) - len(failed)), "failed": str(len(failed))}
    if key_refused:
        line["key_refused"] = key_refused
    return {**line, "client_text": client_text, **told((failed or ended)[0])}


def in_threads(client: Any, call: Line) -> Seen:
    """Make the calls in threads."""
    ended: list[Ended] = []
    key_refused = None

    def fetch(client_id: str, end: Future[Ended]) -> None:
        try:
            end.set_result(client.get_device_credential(client_id, **call_options(call)))
        except (devcred.DevcredError, Cancelled) as error:
            end.set_result(error)

    for later in rounds(call):
        ends: list[Future[Ended]] = [Future() for _ in client_ids(call)]
        threads = [Thread(target=fetch, args=both) for both in zip(client_ids(call), ends)]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        for after, action in later:
            time.sleep(max(0.0, begin + after - time.monotonic()))
            if action == "replace":
                key_refused = replace_key(client, call)
            for thread in threads if action == "cancel" else []:
                # As those who run jobs in threads end one that takes too long.
                ident, error = ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Cancelled)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, error)
        for thread in threads:
            thread.join()
        ended += [end.result() for end in ends]
    return ended, key_refused


async def in_tasks(client: Any, call: Line) -> Seen:
    """Make the calls in tasks."""
    ended: list[Ended] = []
    key_refused = None

    async def fetch(client_id: str) -> Ended:
        try:
            credential: devcred.DeviceCredential = await client.get_device_credential(client_id, **call_options(call))
            return credential
        except asyncio.CancelledError:
            return Cancelled()
        except devcred.DevcredError as error:
            return error

    for later in rounds(call):
        tasks = [asyncio.ensure_future(fetch(client_id)) for client_id in client_ids(call)]
        begin = time.monotonic()
        for after, action in later:
            await asyncio.sleep(max(0.0, begin + after - time.monotonic()))
            if action == "replace":
                key_refused = replace_key(client, call)
            for task in tasks if action == "cancel" else []:
                task.cancel()
        ended += await asyncio.gather(*tasks)
    return ended, key_refused


def rounds(call: Line) -> Iterator[list[tuple[float, str]]]:
    """Give what is to be done while the calls of each round run: after how many seconds, and what."""
    actions = [("replace", "replace_key_after_ms"), ("cancel", "cancel_after_ms")]
    yield sorted((int(call[key]) / 1000, action) for action, key in actions if key in call)
    for _ in range(1, int(call.get("repeat", 1))):
        yield []


def client_ids(call: Line) -> list[str]:
    """Give the devices that a round asks for."""
    calls = int(call.get("calls", 1))
    return [call["client_id"]] if calls == 1 else [f"{call['client_id']}-{number}" for number in range(calls)]


def options(call: Line) -> Any:
    """Give the options of the client."""
    times = {name: timedelta(milliseconds=int(call[f"{name}_ms"])) for name in TIMES if f"{name}_ms" in call}
    counts = {name: int(call[name]) for name in COUNTS if name in call}
    return {**{name: call[name] for name in TEXTS if name in call}, **times, **counts}


def call_options(call: Line) -> Any:
    """Give the options of a call; where the line has none, it is left out."""
    texts = {"instance_id": call["call_instance_id"]} if "call_instance_id" in call else {}
    times = {"timeout": int(call["call_timeout_ms"]) / 1000} if "call_timeout_ms" in call else {}
    return {**texts, **times}


def replace_key(client: Client, call: Line) -> str | None:
    """Replace the client's key, and give the kind of the error that refuses it."""
    key = [call[f"new_{name}"] for name in KEY if f"new_{name}" in call]
    try:
        client.set_access_key(*key)
    except devcred.DevcredError as error:
        return error.kind
    return None


def told(end: Ended) -> Line:
    """Say how a call ended."""
    if isinstance(end, Cancelled):
        return {"outcome": "cancelled"}
    text = f"{end}\n{end!r}\n"
    if isinstance(end, devcred.DevcredError):
        members = {name: str(getattr(end, name)) for name in ERROR if getattr(end, name) is not None}
        return {"outcome": "error", "text": text, "retryable": str(end.retryable).lower(), **members}
    login = end.mqtt_login()
    return {
        "outcome": "ok",
        "text": f"{text}{login}\n{login!r}",
        **{name: getattr(end, name) for name in CREDENTIAL},
        "create_time_ms": milliseconds(end.create_time),
        "update_time_ms": milliseconds(end.update_time),
        **{f"mqtt_{name}": value for name, value in login.reveal().items()},
    }


def milliseconds(time: datetime) -> str:
    """Give a time as the protocol has it."""
    return str((time - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1))


main()
