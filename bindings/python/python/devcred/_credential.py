"""What a call returns."""

from __future__ import annotations

from ._native import restore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any, NoReturn, TypeVar

    _R = TypeVar("_R", bound="_Record")

_REVEALED = (
    "client_id",
    "instance_id",
    "device_access_key_id",
    "device_access_key_secret",
    "create_time_ms",
    "update_time_ms",
    "request_id",
)

_HIDDEN = "<hidden: use reveal()>"


class _Record:
    """Immutable values, some of them secret, which neither `vars` nor pickling shows."""

    __slots__ = ("_values",)

    _values: Any

    def _compared(self) -> tuple[str | int, ...]:
        values: tuple[str | int, ...] = self._values
        return values

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self._compared() == other._compared())

    def __hash__(self) -> int:
        return hash(self._compared())

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

    It is immutable and can be compared, hashed and copied; the request id makes no difference. `repr` and `str` hide
    its secret. To store it, store what `reveal` returns, and pass that to `from_revealed` after a restart.
    """

    __slots__ = ()

    _values: tuple[str, str, str, str, int, int, str, str, str]

    def __init__(
        self,
        *,
        client_id: str,
        instance_id: str,
        device_access_key_id: str,
        device_access_key_secret: str,
        create_time_ms: int,
        update_time_ms: int,
        request_id: str = "",
    ) -> None:
        """
        Create a credential without a request, for example in a test.

        Times are milliseconds since 1970 UTC. Raises `InvalidParameterError` if an id or the secret is empty or
        contains control characters, if the secret is the text that hides one, or if a time is after the year 9999.
        """
        values = restore(
            client_id,
            instance_id,
            device_access_key_id,
            device_access_key_secret,
            create_time_ms,
            update_time_ms,
            request_id,
        )
        object.__setattr__(self, "_values", values)

    @classmethod
    def from_revealed(cls, revealed: Mapping[str, Any]) -> DeviceCredential:
        """
        Create a credential from what `reveal` returned, without a request: its `mqtt_login` works offline.

        Other members are ignored. Raises `TypeError` if a member is missing or of the wrong type, and
        `InvalidParameterError` if a value cannot be that of a credential.
        """
        return cls(**{name: revealed[name] for name in _REVEALED if name in revealed})

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
        return _create(MqttLogin, (self._values[0], self._values[7], self._values[8]))

    def reveal(self) -> dict[str, str | int]:
        """
        Return everything as a plain dict, including the secret: the way to store a credential.

        `json.dumps` accepts it. The times are `create_time_ms` and `update_time_ms`, milliseconds since 1970 UTC.
        """
        return {
            "client_id": self.client_id,
            "instance_id": self.instance_id,
            "device_access_key_id": self.device_access_key_id,
            "device_access_key_secret": self.device_access_key_secret,
            "create_time_ms": self._values[4],
            "update_time_ms": self._values[5],
            "request_id": self.request_id,
        }

    def _compared(self) -> tuple[str | int, ...]:
        # Without the request id, which differs each time that the same credential is fetched.
        return self._values[:6]

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

    def __init__(self, *, client_id: str, username: str, password: str) -> None:
        """Create a login, for example in a test: `DeviceCredential.mqtt_login` computes the real one."""
        object.__setattr__(self, "_values", (client_id, username, password))

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


def create(values: tuple[str | int, ...]) -> DeviceCredential:
    """Create a credential from its values. Called by `_native`."""
    return _create(DeviceCredential, values)


def _create(record_class: type[_R], values: tuple[str | int, ...]) -> _R:
    record = object.__new__(record_class)
    object.__setattr__(record, "_values", values)
    return record


def _time(milliseconds: int) -> datetime:
    # Imported here, because most programs never read a time.
    from datetime import datetime, timedelta, timezone

    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)


def _text(record: _Record, fields: dict[str, Any]) -> str:
    members = ", ".join(f"{name}={value!r}" for name, value in fields.items())
    return f"{type(record).__name__}({members})"
