"""
Fetches the credential of an IoT device on Alibaba Cloud ApsaraMQ for MQTT.

    import devcred

    with devcred.Client.from_env() as client:
        credential = client.get_device_credential("GID_test@@@test")
        login = credential.mqtt_login()  # client_id, username and password for CONNECT

Calls of `Client` block, calls of `AsyncClient` are awaited; `ClientOptions` lists their options. A call returns a
`DeviceCredential` or raises a `DevcredError`, whose class says what to do. Log events go to the logger `devcred`.
"""

from __future__ import annotations

from ._client import AsyncClient, Client
from ._credential import DeviceCredential, MqttLogin
from ._errors import (
    AlreadyExistsError,
    AuthenticationError,
    DevcredError,
    InternalError,
    InvalidParameterError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    RequestTimeoutError,
    ServiceError,
    ThrottledError,
    TransportError,
    UnsupportedError,
)
from ._native import VERSION

__version__ = VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._options import ClientOptions

__all__ = [
    "AlreadyExistsError",
    "AsyncClient",
    "AuthenticationError",
    "Client",
    "ClientOptions",
    "DevcredError",
    "DeviceCredential",
    "InternalError",
    "InvalidParameterError",
    "InvalidResponseError",
    "MqttLogin",
    "NotFoundError",
    "PermissionDeniedError",
    "RequestTimeoutError",
    "ServiceError",
    "ThrottledError",
    "TransportError",
    "UnsupportedError",
    "__version__",
]


def _set_public_module() -> None:
    """Set the module of each class, so that tracebacks and pickles do not name a private one."""
    for member in [globals().get(name) for name in __all__]:
        if isinstance(member, type):
            member.__module__ = __name__


_set_public_module()


def __getattr__(name: str) -> object:
    # The only name that needs `typing`, which most programs can start without.
    if name == "ClientOptions":
        from ._options import ClientOptions

        return ClientOptions
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
