"""What a call returns."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, NoReturn

_HIDDEN = "<hidden: use reveal()>"


class _Record:
    """Immutable values, some of them secret, which neither `vars` nor pickling shows."""

    __slots__ = ("_values",)

    _values: Any

    def __init__(self, values: tuple[str | int, ...]) -> None:
        object.__setattr__(self, "_values", values)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self._values == other._values)

    def __hash__(self) -> int:
        return hash(self._values)

    def __copy__(self) -> _Record:
        return self

    def __deepcopy__(self, memo: object) -> _Record:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} contains a secret and cannot be pickled; "
            "if the secret may be stored, pickle the dict that reveal() returns"
        )


class DeviceCredential(_Record):
    """
    The credential of a device, valid until it is refreshed or unregistered.

    It is immutable and can be compared, hashed and copied. `repr` and `str` hide its secret. To store it, store what
    `reveal` returns.
    """

    __slots__ = ()

    _values: tuple[str, str, str, str, int, int, str, str, str]

    @property
    def client_id(self) -> str:
        """The device's MQTT client id, `GROUP@@@DEVICE`."""
        return self._values[0]

    @property
    def instance_id(self) -> str:
        """The instance that the device belongs to."""
        return self._values[1]

    @property
    def device_access_key_id(self) -> str:
        """The id of the device's AccessKey."""
        return self._values[2]

    @property
    def device_access_key_secret(self) -> str:
        """The secret of the device's AccessKey, which signs its MQTT passwords. Do not log it."""
        return self._values[3]

    @property
    def create_time(self) -> datetime:
        """When the credential was created, in UTC."""
        return _time(self._values[4])

    @property
    def update_time(self) -> datetime:
        """When the credential was last changed, in UTC."""
        return _time(self._values[5])

    @property
    def request_id(self) -> str:
        """The service's id of the request, which its support needs; empty if it sent none."""
        return self._values[6]

    def mqtt_login(self) -> MqttLogin:
        """Return what the device sends in CONNECT."""
        return MqttLogin((self._values[0], self._values[7], self._values[8]))

    def reveal(self) -> dict[str, str | datetime]:
        """Return everything as a plain dict, including the secret: the way to store a credential."""
        return {**self._redacted(), "device_access_key_secret": self.device_access_key_secret}

    def _redacted(self) -> dict[str, str | datetime]:
        return {
            "client_id": self.client_id,
            "instance_id": self.instance_id,
            "device_access_key_id": self.device_access_key_id,
            "device_access_key_secret": _HIDDEN,
            "create_time": self.create_time,
            "update_time": self.update_time,
            "request_id": self.request_id,
        }

    def __repr__(self) -> str:
        return _text(self, self._redacted())


class MqttLogin(_Record):
    """What a device sends in CONNECT. `repr` and `str` hide the password."""

    __slots__ = ()

    _values: tuple[str, str, str]

    @property
    def client_id(self) -> str:
        """CONNECT's client identifier."""
        return self._values[0]

    @property
    def username(self) -> str:
        """CONNECT's user name: `DeviceCredential|<DeviceAccessKeyId>|<InstanceId>`."""
        return self._values[1]

    @property
    def password(self) -> str:
        """CONNECT's password: base64(HMAC-SHA1(the device's secret, client id)). Do not log it."""
        return self._values[2]

    def reveal(self) -> dict[str, str]:
        """Return `client_id`, `username` and `password` as a plain dict, for example to send it to a device."""
        return {"client_id": self.client_id, "username": self.username, "password": self.password}

    def __repr__(self) -> str:
        return _text(self, {**self.reveal(), "password": _HIDDEN})


def _time(milliseconds: int) -> datetime:
    # Imported here, because most programs never read a time.
    from datetime import datetime, timedelta, timezone

    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)


def _text(record: _Record, fields: dict[str, Any]) -> str:
    members = ", ".join(f"{name}={value!r}" for name, value in fields.items())
    return f"{type(record).__name__}({members})"
