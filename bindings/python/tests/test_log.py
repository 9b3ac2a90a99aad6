"""Log events reach the logger `devcred`, where it asks for them."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import devcred
import pytest
from conftest import DEVICE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Emulator, Program

THROTTLED_ONCE = "GID_test@@@fault-Throttling.User-1"
LOGGER = logging.getLogger("devcred")


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    """Leave the logger as it was."""
    yield
    LOGGER.setLevel(logging.NOTSET)
    logging.disable(logging.NOTSET)


@contextmanager
def told_to(handler: logging.Handler) -> Iterator[None]:
    """Tell a handler every event."""
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)


def events(caplog: pytest.LogCaptureFixture, client: devcred.Client, device: str = DEVICE) -> list[tuple[int, str]]:
    """Make a call, and give its events: level and first words."""
    caplog.clear()
    client.get_device_credential(device)
    return [(record.levelno, record.getMessage().split(" operation=")[0]) for record in caplog.records]


def test_the_level_may_change_at_any_time(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    ended = (logging.DEBUG, "attempt ended")
    again = (logging.WARNING, "attempt failed, retrying")
    with devcred.Client(**emulator.options) as client:
        assert events(caplog, client) == []
        LOGGER.setLevel(logging.DEBUG)
        assert events(caplog, client) == [ended]
        assert events(caplog, client, THROTTLED_ONCE) == [ended, again, ended]
        LOGGER.setLevel(logging.WARNING)
        assert events(caplog, client, THROTTLED_ONCE) == [again]
        logging.disable(logging.CRITICAL)
        assert events(caplog, client) == []


def test_warnings_come_where_debugging_is_off(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    with devcred.Client(**emulator.options) as client:
        assert events(caplog, client, THROTTLED_ONCE) == [(logging.WARNING, "attempt failed, retrying")]
        LOGGER.setLevel(logging.ERROR)
        assert events(caplog, client, "GID_test@@@fault-Throttling.Api-1") == []


def test_a_record_is_as_the_standard_library_makes_it(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    LOGGER.setLevel(1)
    with devcred.Client(**emulator.options) as client:
        client.get_device_credential(DEVICE)
    (record,) = caplog.records
    assert (record.name, record.levelname, record.exc_info) == ("devcred", "DEBUG", None)
    assert logging.Formatter("%(asctime)s %(threadName)s %(pathname)s:%(lineno)d %(message)s").format(record)
    assert emulator.access_key_secret not in record.getMessage()


def test_a_percent_sign_is_no_format(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    LOGGER.setLevel(logging.DEBUG)
    with devcred.Client(**emulator.options) as client:
        assert events(caplog, client, "GID_%s@@@%d")[0][1] == "attempt ended"


def test_a_program_that_asks_for_nothing_sees_nothing(program: Program) -> None:
    status, printed = program.run("""
        import logging, devcred
        devcred.Client.from_env().get_device_credential("GID_test@@@fault-Throttling.User-1")
        """)
    assert (status, printed) == (0, "")


def test_a_program_without_logging_does_not_get_it(program: Program) -> None:
    status, printed = program.run("""
        import sys, devcred
        devcred.Client.from_env().get_device_credential("GID_test@@@fault-Throttling.User-1")
        print("logging" in sys.modules)
        """)
    assert (status, printed) == (0, "False\n")


def test_a_handler_that_fails_harms_no_call(emulator: Emulator) -> None:
    class Broken(logging.Handler):
        """Fails."""

        def emit(self, record: logging.LogRecord) -> None:
            """Fail."""
            raise RuntimeError(record)

    with told_to(Broken()), devcred.Client(**emulator.options) as client:
        assert client.get_device_credential(DEVICE)


def test_a_handler_cannot_wait_for_a_call_of_its_own(emulator: Emulator) -> None:
    """It runs on a thread of the bridge, which would wait for itself."""
    refused: list[str] = []

    class Calling(logging.Handler):
        """Makes a call."""

        def emit(self, _: logging.LogRecord) -> None:
            """Make it."""
            try:
                client.get_device_credential(DEVICE)
            except devcred.InvalidParameterError as error:
                refused.append(error.message)

    with told_to(Calling()), devcred.Client(**emulator.options) as client:
        assert client.get_device_credential(DEVICE)
    assert len(refused) == 1
    assert "would wait for itself" in refused[0]
