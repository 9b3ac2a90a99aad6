"""Arguments that a client or a call refuses, and the errors."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import devcred
import pytest

if TYPE_CHECKING:
    from conftest import Emulator

TEXTS = ["access_key_id", "access_key_secret", "security_token", "region", "network", "endpoint", "instance_id"]
TEXTS += ["signature", "root_certificates_pem", "proxy"]
TIMES = ["timeout", "attempt_timeout", "connect_timeout"]
COUNTS = ["max_attempts", "max_requests_per_second"]
SECRET = "s3cr3t"


def assert_no_secret(error: BaseException | None) -> None:
    """Check that no exception of the chain contains the secret, in any attribute."""
    while error:
        assert SECRET not in f"{error} {error!r} {error.args} {vars(error)}"
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("name", TEXTS)
def test_a_lone_surrogate_is_refused(emulator: Emulator, name: str) -> None:
    with pytest.raises(devcred.InvalidParameterError, match=f"{name} is not valid Unicode") as refused:
        devcred.Client(**{**emulator.options, name: f"{SECRET}\ud800"})
    assert_no_secret(refused.value)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_with_a_nul_is_refused_and_not_truncated(emulator: Emulator, name: str) -> None:
    # A client with an endpoint ignores the region.
    options = {**emulator.options, "endpoint": None, "region": "cn-hangzhou"}
    with pytest.raises(devcred.InvalidParameterError) as refused:
        devcred.Client(**{**options, name: f"{emulator.options.get(name, 'cn-hangzhou')}\0{SECRET}"})
    assert_no_secret(refused.value)


@pytest.mark.parametrize("text", ["GID_test@@@test\0", "GID_test@@@\ud800"])
def test_a_call_refuses_invalid_texts_without_a_request(emulator: Emulator, text: str) -> None:
    with devcred.Client(**emulator.options) as client:
        with pytest.raises(devcred.InvalidParameterError):
            client.get_device_credential(text)
        with pytest.raises(devcred.InvalidParameterError):
            client.get_device_credential("GID_test@@@test", instance_id=text)
        with pytest.raises(devcred.InvalidParameterError):
            client.set_access_key(text, SECRET)
    assert emulator.ends() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [(name, wrong, "a str") for name in TEXTS[:-2] for wrong in (1, b"x", ["x"])]
    + [("root_certificates_pem", 1, "a str or bytes")]
    + [(name, wrong, "a number of seconds or a timedelta") for name in TIMES for wrong in (SECRET, b"1", [1], True)]
    + [(name, wrong, "an int") for name in COUNTS for wrong in (SECRET, 1.0, [1], True)],
)
def test_a_wrong_type_is_a_type_error(emulator: Emulator, name: str, value: object, expected: str) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be {expected}, not {type(value).__name__}$") as refused:
        devcred.Client(**{**emulator.options, name: value})
    assert_no_secret(refused.value)


def test_a_call_refuses_wrong_types(emulator: Emulator) -> None:
    wrong: Any = 1
    with devcred.Client(**emulator.options) as client:
        with pytest.raises(TypeError, match=r"^client_id must be a str, not int$"):
            client.get_device_credential(wrong)
        with pytest.raises(TypeError, match=r"^instance_id must be a str, not int$"):
            client.get_device_credential("GID_test@@@test", instance_id=wrong)
        with pytest.raises(TypeError, match=r"^access_key_secret must be a str, not int$"):
            client.set_access_key("id", wrong)


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("retries", "max_attempts"),
        ("read_timeout", "attempt_timeout"),
        ("region_id", "region"),
        ("timeoutMs", "timeout"),
        ("https_proxy", "proxy"),
    ],
)
def test_an_option_that_does_not_exist_is_a_type_error(emulator: Emulator, name: str, similar: str) -> None:
    unknown: Any = {name: 3}
    message = f"'{name}' is not an option of a devcred client; did you mean '{similar}'?"
    for make in (devcred.Client, devcred.Client.from_env, devcred.AsyncClient):
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            make(**emulator.options, **unknown)


def test_an_option_without_a_similar_name_is_refused_with_the_list(emulator: Emulator) -> None:
    unknown: Any = {"zzz": 3}
    options = ", ".join(devcred.ClientOptions.__annotations__)
    with pytest.raises(TypeError, match=f"'zzz' is not an option of a devcred client; the options are {options}$"):
        devcred.Client(**emulator.options, **unknown)


def test_a_message_about_arguments_names_no_private_class(emulator: Emulator) -> None:
    for new in (devcred.Client, devcred.AsyncClient, devcred.Client.from_env, devcred.AsyncClient.from_env):
        wrong: Any = new
        with pytest.raises(TypeError, match=r"\(\) takes 1 positional argument but 2 were given") as refused:
            wrong("id")
        assert "_BaseClient" not in str(refused.value)
    wrong = devcred.Client(**emulator.options)
    with pytest.raises(TypeError, match=r"set_access_key\(\) missing 2 required positional arguments") as refused:
        wrong.set_access_key()
    assert "_BaseClient" not in str(refused.value)


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 10**400, -(10**400), timedelta(days=-1)])
def test_a_time_out_of_range_is_refused(emulator: Emulator, name: str, value: Any) -> None:
    with pytest.raises(devcred.InvalidParameterError, match=f"{name} must be between 1 millisecond and 24 hours"):
        devcred.Client(**{**emulator.options, name: value})


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [0, -1, -(2**31), -(10**40)])
def test_a_count_below_one_is_refused(emulator: Emulator, name: str, value: Any) -> None:
    with pytest.raises(devcred.InvalidParameterError, match=f"{name} must be"):
        devcred.Client(**{**emulator.options, name: value})


def test_a_count_above_the_maximum_is_refused(emulator: Emulator) -> None:
    for value in (2**31, 2**32 + 3, 10**40):
        with pytest.raises(devcred.InvalidParameterError, match="max_requests_per_second must be"):
            devcred.Client(**emulator.options, max_requests_per_second=value)


@pytest.mark.parametrize("value", [2, 0.2, timedelta(milliseconds=200), Fraction(1, 5)])
def test_a_time_can_be_seconds_or_a_timedelta(emulator: Emulator, value: Any) -> None:
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    with (
        devcred.Client(**emulator.options, max_attempts=1) as client,
        pytest.raises(devcred.RequestTimeoutError) as failed,
    ):
        client.get_device_credential("GID_test@@@fault-hang", timeout=value)
    assert f"timed out after {seconds:.1f} s" in failed.value.message


def test_none_means_that_an_option_is_not_set(emulator: Emulator) -> None:
    none: Any = dict.fromkeys([*TEXTS, *TIMES, *COUNTS])
    with devcred.Client(**{**none, **emulator.options}) as client:
        assert client.get_device_credential("GID_test@@@test", instance_id=None, timeout=None)


def test_certificates_can_be_bytes(emulator: Emulator) -> None:
    pem: Any
    for pem in ("no PEM", b"no PEM"):
        with pytest.raises(devcred.InvalidParameterError, match="root_certificates_pem must contain PEM"):
            devcred.Client(**emulator.options, root_certificates_pem=pem)


def test_an_option_overrides_the_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    with devcred.Client.from_env() as client:
        assert client.get_device_credential("GID_test@@@test").instance_id == emulator.instance_id
    with devcred.Client.from_env(instance_id="post-cn-other") as client:
        assert client.get_device_credential("GID_test@@@test").instance_id == "post-cn-other"


def test_from_env_of_a_subclass_returns_the_subclass(emulator: Emulator) -> None:
    class Subclass(devcred.Client):
        """A subclass of a user."""

    assert type(Subclass.from_env(**emulator.options)) is Subclass


def test_a_closed_client_refuses_calls(emulator: Emulator) -> None:
    with devcred.Client(**emulator.options) as client:
        assert not client.is_closed
    assert client.is_closed
    client.close()
    with pytest.raises(devcred.InvalidParameterError, match="the client is closed"):
        client.get_device_credential("GID_test@@@test")
