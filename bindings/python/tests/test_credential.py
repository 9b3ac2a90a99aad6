"""The result of a call is immutable and hides its secrets."""

from __future__ import annotations

import base64
import copy
import hmac
import json
import pickle
import pprint
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import devcred
import pytest
from conftest import DEVICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Emulator

HIDDEN = "<hidden: use reveal()>"


@pytest.fixture
def credential(emulator: Emulator) -> devcred.DeviceCredential:
    """Fetch a credential."""
    with devcred.Client(**emulator.options) as client:
        return client.get_device_credential(DEVICE)


@pytest.fixture(params=["credential", "login"])
def record(request: pytest.FixtureRequest, credential: devcred.DeviceCredential) -> Any:
    """Return each object that contains a secret."""
    return credential if request.param == "credential" else credential.mqtt_login()


def secrets(credential: devcred.DeviceCredential) -> list[str]:
    """Return the secrets that no text may contain."""
    return [credential.device_access_key_secret, credential.mqtt_login().password]


TEXTS: list[Callable[[Any], str]] = [
    str,
    repr,
    lambda record: f"{record} {record!r} {record!s:>10}",
    lambda record: "%s %r" % (record, record),  # noqa: UP031
    lambda record: pprint.pformat([record]),
    lambda record: json.dumps(record, default=str),
    lambda record: json.dumps({"nested": [record]}, default=repr),
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_shows_a_secret(credential: devcred.DeviceCredential, record: Any, text: Callable[[Any], str]) -> None:
    output = text(record)
    assert HIDDEN in output
    assert credential.client_id in output
    assert not [secret for secret in secrets(credential) if secret in output]


def test_introspection_finds_no_attributes(record: Any) -> None:
    for inspect in (vars, dict, list, json.dumps, lambda value: value.__dict__):
        with pytest.raises((TypeError, AttributeError)):
            inspect(record)


def test_fastapi_does_not_serialize_it(record: Any) -> None:
    encoders = pytest.importorskip("fastapi.encoders")
    with pytest.raises(ValueError, match=r"not iterable|__dict__"):
        encoders.jsonable_encoder(record)


def test_only_the_revealed_values_can_be_pickled(credential: devcred.DeviceCredential, record: Any) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match=r"contains a secret and cannot be pickled.*reveal\(\)") as refused:
            pickle.dumps(record, protocol)
        assert not [secret for secret in secrets(credential) if secret in str(refused.value)]
    assert pickle.loads(pickle.dumps(record.reveal())) == record.reveal()


def test_it_can_be_copied(record: Any) -> None:
    for copied in (copy.copy(record), copy.deepcopy(record), copy.deepcopy([record])[0]):
        assert copied == record


def test_it_is_immutable(record: Any) -> None:
    for name in ("client_id", "other", "_values"):
        with pytest.raises(AttributeError, match="cannot be changed"):
            setattr(record, name, "x")
        with pytest.raises(AttributeError, match="cannot be changed"):
            delattr(record, name)


def test_it_is_compared_by_value(emulator: Emulator) -> None:
    with devcred.Client(**emulator.options) as client:
        one, other = (client.get_device_credential(device) for device in (DEVICE, "GID_test@@@other"))
    logins = {one.mqtt_login(), one.mqtt_login(), other.mqtt_login()}
    assert len(logins) == 2
    assert one == copy.copy(one) != other
    assert hash(one) == hash(copy.copy(one))
    assert one != one.mqtt_login()
    assert one != one.reveal()


def test_times_have_a_time_zone(credential: devcred.DeviceCredential) -> None:
    assert credential.create_time.utcoffset() == timedelta(0)
    assert abs(datetime.now(timezone.utc) - credential.create_time) < timedelta(hours=1)
    assert credential.update_time >= credential.create_time


def test_the_login_is_what_the_broker_expects(credential: devcred.DeviceCredential, emulator: Emulator) -> None:
    secret = credential.device_access_key_secret.encode()
    assert credential.mqtt_login().reveal() == {
        "client_id": DEVICE,
        "username": f"DeviceCredential|{credential.device_access_key_id}|{emulator.instance_id}",
        "password": base64.b64encode(hmac.digest(secret, DEVICE.encode(), "sha1")).decode(),
    }


def test_reveal_returns_every_property(credential: devcred.DeviceCredential) -> None:
    for record in (credential, credential.mqtt_login()):
        members = {name for name, member in vars(type(record)).items() if isinstance(member, property)}
        values = {name: getattr(record, name) for name in members}
        for name in members & {"create_time", "update_time"}:
            values[f"{name}_ms"] = round(values.pop(name).timestamp() * 1000)
        assert record.reveal() == values
        assert all(member.__doc__ for member in vars(type(record)).values() if isinstance(member, property))


def test_a_credential_that_was_stored_as_json_logs_in_without_a_request(credential: devcred.DeviceCredential) -> None:
    stored = json.dumps({**credential.reveal(), "stored_at": "today"})
    restored = devcred.DeviceCredential.from_revealed(json.loads(stored))
    assert restored == credential
    assert (restored.reveal(), restored.mqtt_login()) == (credential.reveal(), credential.mqtt_login())


REVEALED: dict[str, Any] = {
    "client_id": DEVICE,
    "instance_id": "post-cn-test",
    "device_access_key_id": "DC.id",
    "device_access_key_secret": "a-s3cr3t",
    "create_time_ms": 1,
    "update_time_ms": 2,
}


def test_equality_leaves_out_the_request_id() -> None:
    one = devcred.DeviceCredential(**REVEALED)
    other = devcred.DeviceCredential(**REVEALED, request_id="a request")
    assert one == other
    assert hash(one) == hash(other)
    for change in ({"device_access_key_secret": "another"}, {"update_time_ms": 3}, {"client_id": "another"}):
        assert one != devcred.DeviceCredential(**{**REVEALED, **change})


def test_what_cannot_be_a_credential_is_refused_and_not_shown() -> None:
    with pytest.raises(devcred.InvalidParameterError, match="device_access_key_secret is the text that hides a secret"):
        devcred.DeviceCredential(**{**REVEALED, "device_access_key_secret": "<hidden: use reveal()>"})
    with pytest.raises(TypeError, match="create_time_ms must be an int"):
        devcred.DeviceCredential(**{**REVEALED, "create_time_ms": "1"})
    without_secret = {name: value for name, value in REVEALED.items() if name != "device_access_key_secret"}
    with pytest.raises(TypeError, match="device_access_key_secret"):
        devcred.DeviceCredential.from_revealed(without_secret)
    with pytest.raises(TypeError) as refused:
        devcred.DeviceCredential(**{**REVEALED, "device_access_key_secret": 7_654_321})
    assert "7654321" not in str(refused.value)


def test_a_test_can_create_a_login() -> None:
    login = devcred.MqttLogin(client_id="a", username="b", password="c")
    assert login.reveal() == {"client_id": "a", "username": "b", "password": "c"}
    assert "'c'" not in repr(login)
