"""
The probe of Python, in two forms: `probe.py sync` makes its calls in threads, `probe.py async` in tasks.

tests/README.md describes the protocol.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import re
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
# Every other key is an option of the client.
ROUNDS = ["calls", "repeat", "cancel_after_ms", "replace_key_after_ms", "restore"]
INSTRUCTIONS = ["case", "operation", "client_id", "from_env", *ROUNDS]
CREDENTIAL = ["client_id", "instance_id", "device_access_key_id", "device_access_key_secret", "request_id"]
ERROR_MEMBERS = [
    *["kind", "code", "message", "client_id", "instance_id", "http_status", "request_id", "attempts", "help_url"],
    "advice",
]


class Cancelled(Exception):  # noqa: N818
    """Cancels a call in a thread, and is the outcome of a cancelled call."""


Line = dict[str, str]
Outcome = Union[devcred.DeviceCredential, devcred.DevcredError, Cancelled]
Client = Union[devcred.Client, devcred.AsyncClient]
Result = tuple[list[Outcome], Optional[str]]
LEVELS = {"trace": 5, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


def main() -> None:
    """Answer every line."""
    for name, level in LEVELS.items():
        logging.addLevelName(level, name)
    logging.basicConfig(level=1, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    loop = asyncio.new_event_loop()
    is_sync = sys.argv[1] == "sync"
    new = devcred.Client if is_sync else devcred.AsyncClient
    kinds = ",".join(error.kind for error in devcred.DevcredError.__subclasses__())
    write({"probe": "python", "version": devcred.__version__, "kinds": kinds})
    client: Client | None = None
    for text in sys.stdin:
        pairs = (pair.split("=", 1) for pair in text.rstrip("\n").split("&"))
        call = {key: unquote(value, errors="strict") for key, value in pairs}
        # It stays open until the next line, so that only the cancellation can end a cancelled call.
        if client:
            client.close()
        client = None
        try:
            client = new.from_env(**options(call)) if "from_env" in call else new(**options(call))
        except devcred.DevcredError as error:
            write(report(call, [error], None, ""))
            continue
        client_text = f"{client}\n{client!r}"
        result = in_threads(client, call) if is_sync else loop.run_until_complete(in_tasks(client, call))
        write(report(call, *result, client_text))
    if client:
        client.close()
    loop.close()


def write(line: Line) -> None:
    """Write a line of the protocol."""
    print("&".join(f"{key}={quote(value, safe='')}" for key, value in line.items()), flush=True)


def report(call: Line, ended: list[Outcome], key_refused: str | None, client_text: str) -> Line:
    """Return the results of the calls of a line."""
    failed = [end for end in ended if isinstance(end, Exception)]
    line = {"case": call["case"], "ok": str(len(ended) - len(failed)), "failed": str(len(failed))}
    if key_refused:
        line["key_refused"] = key_refused
    return {**line, "client_text": client_text, **fields((failed or ended)[0])}


def in_threads(client: Any, call: Line) -> Result:
    """Make the calls in threads."""
    ended: list[Outcome] = []
    key_refused = None

    def fetch(client_id: str, end: Future[Outcome]) -> None:
        try:
            end.set_result(restored(method(client, call)(client_id, **call_options(call)), call))
        except (devcred.DevcredError, Cancelled) as error:
            end.set_result(error)

    for later in rounds(call):
        ends: list[Future[Outcome]] = [Future() for _ in client_ids(call)]
        threads = [Thread(target=fetch, args=both) for both in zip(client_ids(call), ends)]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        for after, action in later:
            time.sleep(max(0.0, begin + after - time.monotonic()))
            if action == "replace":
                key_refused = replace_key(client, call)
            for thread in threads if action == "cancel" else []:
                # Job runners end a thread that takes too long in this way.
                ident, error = ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Cancelled)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, error)
        for thread in threads:
            thread.join()
        ended += [end.result() for end in ends]
    return ended, key_refused


async def in_tasks(client: Any, call: Line) -> Result:
    """Make the calls in tasks."""
    ended: list[Outcome] = []
    key_refused = None

    async def fetch(client_id: str) -> Outcome:
        try:
            credential: devcred.DeviceCredential = await method(client, call)(client_id, **call_options(call))
            return restored(credential, call)
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


def restored(credential: devcred.DeviceCredential, call: Line) -> devcred.DeviceCredential:
    """Store the credential as the call requests, and restore it."""
    if "restore" not in call:
        return credential
    revealed = credential.reveal()
    if call["restore"] == "masked":
        revealed["device_access_key_secret"] = "<hidden: use reveal()>"
    restored = devcred.DeviceCredential.from_revealed(json.loads(json.dumps(revealed)))
    if restored != credential:
        raise AssertionError
    return restored


def rounds(call: Line) -> Iterator[list[tuple[float, str]]]:
    """Yield the actions during each round, each with its delay in seconds."""
    actions = [("replace", "replace_key_after_ms"), ("cancel", "cancel_after_ms")]
    yield sorted((int(call[key]) / 1000, action) for action, key in actions if key in call)
    for _ in range(1, int(call.get("repeat", 1))):
        yield []


def client_ids(call: Line) -> list[str]:
    """Return the devices of a round."""
    calls = int(call.get("calls", 1))
    return [call["client_id"]] if calls == 1 else [f"{call['client_id']}-{number}" for number in range(calls)]


def method(client: Any, call: Line) -> Any:
    """Return the method for the operation, named as in Python."""
    operation = call.get("operation", "GetDeviceCredential")
    return getattr(client, re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower())


def options(call: Line) -> Any:
    """Return the options of the client."""
    keys = [key for key in call if key not in INSTRUCTIONS and not key.startswith(("call_", "new_"))]
    return dict(option(key, call[key]) for key in keys)


def option(key: str, value: str) -> tuple[str, Any]:
    """Return the name and the value of an option in Python."""
    if key.endswith("_ms"):
        return key[: -len("_ms")], timedelta(milliseconds=int(value))
    return key, int(value) if key.startswith("max_") else value


def call_options(call: Line) -> Any:
    """Return the options of a call."""
    texts = {"instance_id": call["call_instance_id"]} if "call_instance_id" in call else {}
    times = {"timeout": int(call["call_timeout_ms"]) / 1000} if "call_timeout_ms" in call else {}
    return {**texts, **times}


def replace_key(client: Client, call: Line) -> str | None:
    """Replace the client's key, and return the kind of the error if it is refused."""
    key = [call[f"new_{name}"] for name in KEY if f"new_{name}" in call]
    try:
        client.set_access_key(*key)
    except devcred.DevcredError as error:
        return error.kind
    return None


def fields(end: Outcome) -> Line:
    """Return the fields of an outcome."""
    if isinstance(end, Cancelled):
        return {"outcome": "cancelled"}
    text = f"{end}\n{end!r}\n"
    if isinstance(end, devcred.DevcredError):
        members = {name: str(getattr(end, name)) for name in ERROR_MEMBERS if getattr(end, name) is not None}
        for name in ["retryable", "possibly_billed"]:
            members[name] = str(getattr(end, name)).lower()
        if end.retry_after is not None:
            members["retry_after_ms"] = str(round(end.retry_after * 1000))
        return {"outcome": "error", "text": text, **members}
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
    """Convert a time to the protocol's format."""
    return str((time - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1))


main()
