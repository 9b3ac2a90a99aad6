"""The clients."""

from __future__ import annotations

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from ._credential import DeviceCredential
    from ._options import ClientOptions


def run_signal_handlers() -> None:
    """Do nothing. Python runs pending signal handlers when a function starts; `_native` calls this while it waits."""


class _BaseClient:
    """Everything that both clients share, except the call."""

    _native: _native.Client

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        self._native = _native.Client(False, options)

    @classmethod
    def from_env(cls, **overrides: Unpack[ClientOptions]) -> Self:
        """
        Create a client from the environment. Explicit options take precedence.

        Reads `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN`,
        `ALIBABA_CLOUD_REGION_ID`, `DEVCRED_INSTANCE_ID`, `DEVCRED_ENDPOINT` and `DEVCRED_MAX_REQUESTS_PER_SECOND`.

        Raises `InvalidParameterError` if an option or variable is missing or invalid.
        """
        client = cls.__new__(cls)
        client._native = _native.Client(True, overrides)
        return client

    def set_access_key(self, access_key_id: str, access_key_secret: str, security_token: str | None = None) -> None:
        """
        Replace the AccessKey: id, secret and security token together.

        Attempts that begin afterwards use the new key. If an attempt was refused for its token meanwhile, it is made
        once more. Raises `InvalidParameterError` if the key is invalid; the client keeps the old one.
        """
        self._native.set_access_key(access_key_id, access_key_secret, security_token)

    def close(self) -> None:
        """
        Close the client without waiting. Running and later calls raise `InvalidParameterError`.

        Closing a closed client does nothing. If a client is deleted without `close`, its calls run to their end.
        """
        self._native.close()

    @property
    def is_closed(self) -> bool:
        """Whether the client is closed."""
        return self._native.is_closed


class Client(_BaseClient):
    """
    Fetches credentials of devices; calls block.

    Create one client and keep it: it has the connections and the rate limiter. Any number of threads may use it at
    once. In a forked process it continues to work, with new connections.

    `ClientOptions` lists the keyword arguments. Creating a client sends nothing; it raises `InvalidParameterError` if
    an option is missing or invalid. As a context manager, the client closes itself.
    """

    def get_device_credential(
        self, client_id: str, *, instance_id: str | None = None, timeout: float | timedelta | None = None
    ) -> DeviceCredential:
        """
        Fetch the credential of a device. Each success is billed as one messaging TPS, so store it.

        `client_id` has the form `GROUP@@@DEVICE`. `instance_id` and `timeout`, in seconds, default to the client's.

        Other threads and signal handlers run meanwhile: Ctrl-C ends the call within a tenth of a second. Raises a
        `DevcredError`, whose class says what to do.
        """
        return self._native.call("GetDeviceCredential", client_id, instance_id, timeout)

    def register_device_credential(
        self, client_id: str, *, instance_id: str | None = None, timeout: float | timedelta | None = None
    ) -> DeviceCredential:
        """
        Create the credential of a device. Each success is billed as one messaging TPS.

        Raises `AlreadyExistsError` if the device has a credential; the service may instead replace it, and its old
        secret then no longer works. Therefore call `get_device_credential` first. The call is not retried if the
        request may have arrived: call `get_device_credential` to find out whether the device was registered.

        The arguments and the other errors are those of `get_device_credential`.
        """
        return self._native.call("RegisterDeviceCredential", client_id, instance_id, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_BaseClient):
    """
    Fetches credentials of devices, for asyncio and compatible event loops such as uvloop.

    Create one client and keep it: it has the connections and the rate limiter. Any number of tasks may use it at once,
    in any number of event loops.

    `ClientOptions` lists the keyword arguments. Creating a client sends nothing; it raises `InvalidParameterError` if
    an option is missing or invalid. As an asynchronous context manager, the client closes itself.
    """

    async def get_device_credential(
        self, client_id: str, *, instance_id: str | None = None, timeout: float | timedelta | None = None
    ) -> DeviceCredential:
        """
        Fetch the credential of a device. Each success is billed as one messaging TPS, so store it.

        `client_id` has the form `GROUP@@@DEVICE`. `instance_id` and `timeout`, in seconds, default to the client's.

        If the task is cancelled, the request is cancelled and its connection closed. Raises a `DevcredError`, whose
        class says what to do.
        """
        return await self._call("GetDeviceCredential", client_id, instance_id, timeout)

    async def register_device_credential(
        self, client_id: str, *, instance_id: str | None = None, timeout: float | timedelta | None = None
    ) -> DeviceCredential:
        """
        Create the credential of a device. Each success is billed as one messaging TPS.

        Raises `AlreadyExistsError` if the device has a credential; the service may instead replace it, and its old
        secret then no longer works. Therefore call `get_device_credential` first. The call is not retried if the
        request may have arrived: call `get_device_credential` to find out whether the device was registered.

        The arguments, the other errors and the effect of a cancellation are those of `get_device_credential`.
        """
        return await self._call("RegisterDeviceCredential", client_id, instance_id, timeout)

    async def _call(
        self, operation: str, client_id: str, instance_id: str | None, timeout: float | timedelta | None
    ) -> DeviceCredential:
        future, call = self._native.start(operation, client_id, instance_id, timeout)
        try:
            return await future
        except BaseException:
            # If the call has ended, this does nothing.
            call.cancel()
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
