"""The clients."""

from __future__ import annotations

from . import _native
from ._credential import DeviceCredential  # noqa: TC001

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from types import TracebackType
    from typing import NoReturn

    from typing_extensions import Self, Unpack

    from ._options import ClientOptions
else:

    class _Deferred:
        """
        A name of an annotation that is imported when `typing.get_type_hints` evaluates the annotation.

        Importing `typing` and `datetime` at start would take longer than importing devcred.
        """

        def __getitem__(self, _: object) -> object:
            _import_annotations()
            return Unpack[ClientOptions]

        def __ror__(self, left: object) -> object:
            _import_annotations()
            return left | timedelta

    ClientOptions = Unpack = timedelta = _Deferred()

    def _import_annotations() -> None:
        global ClientOptions, Self, Unpack, timedelta
        from datetime import timedelta

        from ._options import ClientOptions

        try:
            from typing import Self, Unpack
        except ImportError:  # before Python 3.11
            from typing_extensions import Self, Unpack


def run_signal_handlers() -> None:
    """Do nothing. Python runs pending signal handlers when a function starts; `_native` calls this while it waits."""


class _BaseClient:
    """Everything that both clients share, except the call."""

    _native: _native.Client

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        """
        Create a client, which sends nothing. All options are keyword arguments; `None` means that one is not set.

        Times are seconds, as an int, a float or a `timedelta`.

        access_key_id
            The id of the AccessKey that signs the requests; visible ASCII. Required.
        access_key_secret
            The secret of the AccessKey; visible ASCII. Required.
        security_token
            The security token of a temporary AccessKey; visible ASCII. Default: none.
        region
            The instance's region, such as `cn-hangzhou`. Required, unless `endpoint` is set.
        network
            The network on which the service is reached: `public`, or `vpc` inside a virtual private cloud of the
            region. Default: `public`.
        endpoint
            The service's address, `https://host[:port]`, or `http` for loopback; overrides `region` and `network`.
            Default: the endpoint of the region.
        instance_id
            The instance, unless a call sets another. Default: none.
        signature
            The signature method: `acs3-hmac-sha256` or `hmac-sha1`. Default: `acs3-hmac-sha256`.
        timeout
            The timeout of a call, with all waiting and all retries; 1 ms to 24 hours. Default: 15 s.
        attempt_timeout
            The timeout of one attempt, measured from when the rate limiter admits it and a connection is free; 1 ms
            to 24 hours. Default: 5 s.
        connect_timeout
            The timeout to connect: DNS, TCP, the proxy and the TLS handshake together; 1 ms to 24 hours. Default:
            3 s.
        max_attempts
            The maximum number of attempts of a call, the first included; 1 or more. Default: 3.
        max_connections
            The maximum number of open connections of the client; 1 to 10,000. Default: 100.
        max_connecting
            How many of them it opens at a time; 1 to 10,000. Default: 16.
        max_requests_per_second
            The rate limit of the client, retries included; 1 to 1,000,000. The service blocks an address that sends
            more than 300. Default: 50.
        root_certificates_pem
            Certificate authorities as PEM, a str or bytes, in addition to those in use. Default: none.
        proxy
            The HTTP proxy, `http[s]://[user:password@]host[:port]` or `host:port`; `off` for none. Loopback is never
            reached through a proxy. Default: `HTTPS_PROXY`, unless `NO_PROXY` matches.

        Raises `InvalidParameterError` if an option is missing or invalid, and `TypeError` if it has the wrong type or
        does not exist.
        """
        self._native = _native.Client(False, options)

    @classmethod
    def from_env(cls, **overrides: Unpack[ClientOptions]) -> Self:
        """
        Create a client from the environment. Options, which are those of the constructor, take precedence.

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

    def __repr__(self) -> str:
        if not hasattr(self, "_native"):
            # An option was refused, and a traceback shows the variables of the constructor.
            return object.__repr__(self)
        endpoint, access_key_id, instance_id, is_closed = self._native.describe()
        members = {"endpoint": endpoint, "access_key_id": access_key_id, "instance_id": instance_id}
        shown = "".join(f" {name}={value!r}" for name, value in members.items() if value is not None)
        return f"<{type(self).__module__}.{type(self).__qualname__}{shown} closed={is_closed}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled: create a client in each process")


def _set_public_names() -> None:
    """Name `Client` and not its private base in Python's messages about missing and superfluous arguments."""
    for member in vars(_BaseClient).values():
        function = getattr(member, "__func__", member)
        if hasattr(function, "__code__"):
            function.__qualname__ = f"Client.{function.__name__}"


_set_public_names()


class Client(_BaseClient):
    """
    Fetches credentials of devices; calls block.

    Create one client and keep it: it has the connections and the rate limiter. Any number of threads may use it at
    once. In a forked process it continues to work, with new connections.

    `Client.__init__` lists the options. As a context manager, the client closes itself.
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
        self._native.check_open()
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

    `AsyncClient.__init__` lists the options. As an asynchronous context manager, the client closes itself.
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

    async def aclose(self) -> None:
        """Close the client like `close`, for example at the end of `contextlib.aclosing`."""
        self.close()

    async def __aenter__(self) -> Self:
        self._native.check_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __enter__(self) -> NoReturn:
        raise TypeError("an AsyncClient is an asynchronous context manager: use async with")

    def __exit__(self, *error: object) -> None:
        """Do nothing. Without it, `with` would fail before it calls `__enter__`."""
