"""The errors of failed calls."""

from __future__ import annotations

import copy
import pickle
import re
from typing import TYPE_CHECKING

import devcred
import pytest
from conftest import DEVICE, PYTHON

if TYPE_CHECKING:
    from conftest import Emulator

ATTRIBUTES = [
    *["kind", "message", "client_id", "instance_id", "code", "http_status", "request_id", "retryable"],
    *["possibly_billed", "retry_after", "attempts", "help_url", "advice"],
]


def failure(emulator: Emulator, device: str) -> devcred.DevcredError:
    """Make a call that fails, and return its error."""
    with devcred.Client(**emulator.options, max_attempts=1) as client, pytest.raises(devcred.DevcredError) as failed:
        client.get_device_credential(device)
    return failed.value


def test_errors_derive_from_the_standard_exceptions() -> None:
    assert issubclass(devcred.RequestTimeoutError, TimeoutError)
    assert issubclass(devcred.TransportError, ConnectionError)
    assert issubclass(devcred.InvalidParameterError, ValueError)
    assert not issubclass(devcred.NotFoundError, OSError)


@pytest.mark.parametrize("kind", devcred.DevcredError.__subclasses__())
def test_each_kind_can_be_constructed_pickled_and_copied(kind: type[devcred.DevcredError]) -> None:
    error = kind("a text", message="a message", code="Code", http_status=400, request_id="id", retryable=True)
    error.__notes__ = ["a note"]  # type: ignore[attr-defined]
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is kind
        assert (str(other), vars(other)) == ("a text", vars(error))
    assert (kind("a text").message, kind("a text").attempts) == ("a text", 0)
    assert getattr(devcred, kind.__name__) is kind
    assert kind.__module__ == "devcred"


def test_a_service_error_has_every_attribute(small_emulator: Emulator) -> None:
    error = failure(small_emulator, "GID_test@@@unknown")
    assert type(error) is devcred.NotFoundError
    assert (error.kind, error.code, error.http_status) == ("NotFound", "DeviceCredentialNotFound", 400)
    assert (error.client_id, error.instance_id) == ("GID_test@@@unknown", small_emulator.options["instance_id"])
    assert (error.retryable, error.possibly_billed, error.retry_after, error.attempts) == (False, False, None, 1)
    assert error.request_id == small_emulator.journal()["calls"][0]["request_id"]
    assert error.help_url
    assert error.help_url.startswith("https://")
    assert str(error) == f"NotFound: {error.message} ({error.code}, request id {error.request_id})\n{error.advice}"


def test_an_error_survives_pickling(emulator: Emulator) -> None:
    error = failure(emulator, "GID_test@@@fault-Throttling.User")
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is devcred.ThrottledError
    assert [getattr(other, name) for name in ATTRIBUTES] == [getattr(error, name) for name in ATTRIBUTES]
    assert str(other) == str(error)


def test_an_unreachable_server_is_a_connection_error(emulator: Emulator) -> None:
    emulator.stop()
    error = failure(emulator, DEVICE)
    assert isinstance(error, ConnectionError)
    assert (error.code, error.http_status, error.request_id) == (None, None, None)
    assert error.retryable


def test_an_error_contains_no_secret(emulator: Emulator) -> None:
    emulator.access_key_secret = "another-s3cr3t"
    error = failure(emulator, DEVICE)
    assert type(error) is devcred.AuthenticationError
    assert "another-s3cr3t" not in f"{error} {error!r} {vars(error)}"


def test_the_readme_lists_every_kind() -> None:
    rows = re.findall(r"^\| `(\w+Error)`", (PYTHON / "README.md").read_text(), re.MULTILINE)
    assert rows == [kind.__name__ for kind in devcred.DevcredError.__subclasses__()]
