from asyncio import AbstractEventLoop, Future
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, final
from weakref import ref

from ._credential import DeviceCredential

__all__ = ["VERSION", "Call", "Client", "CompletionQueue", "block_new_threads", "restore"]

VERSION: Final[str]

@final
class Client:
    def __new__(cls, from_env: bool, keywords: Mapping[str, object]) -> Client: ...
    def call(
        self, operation: str, client_id: str, instance_id: str | None, timeout: float | timedelta | None
    ) -> DeviceCredential: ...
    def start(
        self, operation: str, client_id: str, instance_id: str | None, timeout: float | timedelta | None
    ) -> tuple[Future[DeviceCredential], Call]: ...
    def set_access_key(self, key_id: str, key_secret: str, security_token: str | None) -> None: ...
    def close(self) -> None: ...
    @property
    def is_closed(self) -> bool: ...
    def check_open(self) -> None: ...
    def describe(self) -> tuple[str, str | None, str | None, bool]: ...

@final
class Call:
    def cancel(self) -> None: ...

@final
class CompletionQueue:
    def __new__(cls, event_loop: ref[AbstractEventLoop] | None = None) -> CompletionQueue: ...
    def fileno(self) -> int: ...
    def drain(self) -> None: ...

def block_new_threads() -> None: ...
def restore(
    client_id: str,
    instance_id: str,
    device_access_key_id: str,
    device_access_key_secret: str,
    create_time_ms: int,
    update_time_ms: int,
    request_id: str,
) -> tuple[str, str, str, str, int, int, str, str, str]: ...
