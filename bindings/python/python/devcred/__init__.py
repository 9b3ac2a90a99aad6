"""
Fetches the credential of an IoT device on Alibaba Cloud ApsaraMQ for MQTT.

    import devcred

    with devcred.Client.from_env() as client:
        credential = client.get_device_credential("GID_test@@@test")
        login = credential.mqtt_login()  # client_id, username and password for CONNECT

`Client` waits for its calls, `AsyncClient` awaits them; both take the options that `ClientOptions` lists. A call gives a
`DeviceCredential` or raises a `DevcredError`, whose class says what to do. Log events go to the logger `devcred`.
"""

from __future__ import annotations

from ._client import AsyncClient, Client
from ._credential import DeviceCredential, MqttLogin
from ._errors import (
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
from ._native import VERSION as __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._options import ClientOptions

__all__ = [
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


for _name in __all__:
    # So that tracebacks and pickles name the class as its users do.
    if isinstance(globals().get(_name), type):
        globals()[_name].__module__ = __name__
del _name


def __getattr__(name: str) -> object:
    # The one name that needs `typing`, which most programs can start without.
    if name == "ClientOptions":
        from ._options import ClientOptions

        return ClientOptions
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
