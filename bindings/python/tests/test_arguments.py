"""What a client and a call refuse, and how."""

from __future__ import annotations

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


def shows_no_secret(error: BaseException | None) -> None:
    """No link of the chain may hold it, in no attribute."""
    while error:
        assert SECRET not in f"{error} {error!r} {error.args} {vars(error)}"
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("name", TEXTS)
def test_a_lone_surrogate_is_refused(emulator: Emulator, name: str) -> None:
    with pytest.raises(devcred.InvalidParameterError, match=f"{name} is not valid Unicode") as refused:
        devcred.Client(**{**emulator.options, name: f"{SECRET}\ud800"})
    shows_no_secret(refused.value)


@pytest.mark.parametrize("name", TEXTS)
def test_a_nul_is_refused_and_not_cut(emulator: Emulator, name: str) -> None:
    # Where an endpoint is given, nobody looks at the region.
    options = {**emulator.options, "endpoint": None, "region": "cn-hangzhou"}
    with pytest.raises(devcred.InvalidParameterError) as refused:
        devcred.Client(**{**options, name: f"{emulator.options.get(name, 'cn-hangzhou')}\0{SECRET}"})
    shows_no_secret(refused.value)


@pytest.mark.parametrize("text", ["GID_test@@@test\0", "GID_test@@@\ud800"])
def test_a_call_refuses_what_no_text_of_the_service_has(emulator: Emulator, text: str) -> None:
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
    + [(name, wrong, "a number of seconds or a timedelta") for name in TIMES for wrong in (SECRET, b"1", [1])]
    + [(name, wrong, "an int") for name in COUNTS for wrong in (SECRET, 1.0, [1])],
)
def test_a_wrong_type_is_a_type_error(emulator: Emulator, name: str, value: object, expected: str) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be {expected}, not {type(value).__name__}$") as refused:
        devcred.Client(**{**emulator.options, name: value})
    shows_no_secret(refused.value)


def test_a_call_refuses_wrong_types(emulator: Emulator) -> None:
    wrong: Any = 1
    with devcred.Client(**emulator.options) as client:
        with pytest.raises(TypeError, match=r"^client_id must be a str, not int$"):
            client.get_device_credential(wrong)
        with pytest.raises(TypeError, match=r"^instance_id must be a str, not int$"):
            client.get_device_credential("GID_test@@@test", instance_id=wrong)
        with pytest.raises(TypeError, match=r"^access_key_secret must be a str, not int$"):
            client.set_access_key("id", wrong)


def test_an_option_that_does_not_exist_is_a_type_error(emulator: Emulator) -> None:
    unknown: Any = {"retries": 3}
    for make in (devcred.Client, devcred.Client.from_env, devcred.AsyncClient):
        with pytest.raises(TypeError, match="'retries' is not an option of a devcred client"):
            make(**emulator.options, **unknown)


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 10**400, -(10**400), timedelta(days=-1)])
def test_a_time_that_no_call_can_take_is_refused(emulator: Emulator, name: str, value: Any) -> None:
    with pytest.raises(devcred.InvalidParameterError, match=f"{name} must be between 1 millisecond and 24 hours"):
        devcred.Client(**{**emulator.options, name: value})


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [0, -1, -(2**31), -(10**40)])
def test_a_count_below_one_is_refused(emulator: Emulator, name: str, value: Any) -> None:
    with pytest.raises(devcred.InvalidParameterError, match=f"{name} must be"):
        devcred.Client(**{**emulator.options, name: value})


def test_a_count_that_is_too_large_is_refused(emulator: Emulator) -> None:
    for value in (2**31, 2**32 + 3, 10**40):
        with pytest.raises(devcred.InvalidParameterError, match="max_requests_per_second must be"):
            devcred.Client(**emulator.options, max_requests_per_second=value)


@pytest.mark.parametrize("value", [2, 0.2, timedelta(milliseconds=200), Fraction(1, 5)])
def test_a_time_is_seconds_or_a_timedelta(emulator: Emulator, value: Any) -> None:
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    with (
        devcred.Client(**emulator.options, max_attempts=1) as client,
        pytest.raises(devcred.RequestTimeoutError) as late,
    ):
        client.get_device_credential("GID_test@@@fault-hang", timeout=value)
    assert f"timed out after {seconds:.1f} s" in late.value.message


def test_none_is_an_option_that_is_not_given(emulator: Emulator) -> None:
    nothing: Any = dict.fromkeys([*TEXTS, *TIMES, *COUNTS])
    with devcred.Client(**{**nothing, **emulator.options}) as client:
        assert client.get_device_credential("GID_test@@@test", instance_id=None, timeout=None)


def test_certificates_may_be_bytes(emulator: Emulator) -> None:
    pem: Any
    for pem in ("no PEM", b"no PEM"):
        with pytest.raises(devcred.InvalidParameterError, match="root_certificates_pem must contain PEM"):
            devcred.Client(**emulator.options, root_certificates_pem=pem)


def test_an_option_goes_before_the_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    with devcred.Client.from_env() as client:
        assert client.get_device_credential("GID_test@@@test").instance_id == emulator.instance_id
    with devcred.Client.from_env(instance_id="post-cn-other") as client:
        assert client.get_device_credential("GID_test@@@test").instance_id == "post-cn-other"


def test_a_subclass_is_made_by_from_env_too(emulator: Emulator) -> None:
    class Own(devcred.Client):
        """A user's own."""

    assert type(Own.from_env(**emulator.options)) is Own


def test_a_closed_client_says_so(emulator: Emulator) -> None:
    with devcred.Client(**emulator.options) as client:
        assert not client.is_closed
    assert client.is_closed
    client.close()
    with pytest.raises(devcred.InvalidParameterError, match="the client is closed"):
        client.get_device_credential("GID_test@@@test")
