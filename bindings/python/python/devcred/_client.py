"""The clients."""

from __future__ import annotations

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from datetime import timedelta
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from ._credential import DeviceCredential
    from ._options import ClientOptions


def let_python_run() -> None:
    """Do nothing: where it begins, handlers of signals are run. `_native` calls it in a thread that waits."""


class _BaseClient:
    """What both clients share: everything but the call."""

    _native: _native.Client

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        self._native = _native.Client(False, options)

    @classmethod
    def from_env(cls, **overrides: Unpack[ClientOptions]) -> Self:
        """
        Make a client of what stands in the environment; an option that is given goes before it.

        Read are `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN`,
        `ALIBABA_CLOUD_REGION_ID`, `DEVCRED_INSTANCE_ID`, `DEVCRED_ENDPOINT` and `DEVCRED_MAX_REQUESTS_PER_SECOND`.

        Raises `InvalidParameterError` for an option, or a variable, that cannot be used.
        """
        client = cls.__new__(cls)
        client._native = _native.Client(True, overrides)
        return client

    def set_access_key(self, access_key_id: str, access_key_secret: str, security_token: str | None = None) -> None:
        """
        Replace the AccessKey: id, secret and token together.

        Attempts that begin afterwards are signed with it; a call that was refused for its token meanwhile is made again
        once. Raises `InvalidParameterError` for a key that cannot be used, and keeps the old one.
        """
        self._native.set_access_key(access_key_id, access_key_secret, security_token)

    def close(self) -> None:
        """
        Close the connections, without waiting. Calls that run, and later ones, raise `InvalidParameterError`.

        Closing it again does nothing. A client that is dropped without it lets its calls run to their end.
        """
        self._native.close()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._native.is_closed


class Client(_BaseClient):
    """
    Fetches credentials of devices, each call in the thread that makes it.

    Any number of threads may use one client at once: make one and keep it, since it holds the connections and the pace.
    In a process that was forked off it works on, with connections of its own.

    `ClientOptions` lists the keyword arguments. Making a client sends nothing; it raises `InvalidParameterError` for an
    option that cannot be used. As a context manager it closes itself.
    """

    def get_device_credential(
        self, client_id: str, *, instance_id: str | None = None, timeout: float | timedelta | None = None
    ) -> DeviceCredential:
        """
        Fetch the credential of a device. Each success is billed as one messaging TPS, so store it.

        `client_id` reads `GROUP@@@DEVICE`. `instance_id` and `timeout`, in seconds, are the client's unless given here.

        Other threads run meanwhile, and handlers of signals: Ctrl-C ends the call within a tenth of a second. Raises a
        `DevcredError`, whose class says what to do.
        """
        return self._native.call(client_id, instance_id, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_BaseClient):
    """
    Fetches credentials of devices, for asyncio and its event loops, uvloop among them.

    Any number of tasks may use one client at once: make one and keep it, since it holds the connections and the pace.
    It belongs to no event loop.

    `ClientOptions` lists the keyword arguments. Making a client sends nothing; it raises `InvalidParameterError` for an
    option that cannot be used. As an asynchronous context manager it closes itself.
    """

    _inbox: _native.Inbox | None = None

    async def get_device_credential(
        self, client_id: str, *, instance_id: str | None = None, timeout: float | timedelta | None = None
    ) -> DeviceCredential:
        """
        Fetch the credential of a device. Each success is billed as one messaging TPS, so store it.

        `client_id` reads `GROUP@@@DEVICE`. `instance_id` and `timeout`, in seconds, are the client's unless given here.

        Where its task is cancelled, the request is, too: its connection is closed. Raises a `DevcredError`, whose class
        says what to do.
        """
        # It is there already: only a running event loop comes here.
        from asyncio import get_running_loop

        loop = get_running_loop()
        inbox = self._inbox
        if inbox is None or not inbox.is_of(loop):
            inbox = self._inbox = _native.Inbox(loop)
        future: Future[DeviceCredential] = loop.create_future()
        call = self._native.start(inbox, future, client_id, instance_id, timeout)
        try:
            return await future
        finally:
            # Where the call has ended, this does nothing.
            call.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
