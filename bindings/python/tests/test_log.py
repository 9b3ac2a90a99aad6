"""Log events reach the logger `devcred`, at the levels that it has enabled."""

from __future__ import annotations

import logging
import signal
import threading
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
    """Reset the logger after the test."""
    yield
    LOGGER.setLevel(logging.NOTSET)
    logging.disable(logging.NOTSET)


@contextmanager
def attached(handler: logging.Handler) -> Iterator[None]:
    """Attach a handler that receives every event."""
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)


def events(caplog: pytest.LogCaptureFixture, client: devcred.Client, device: str = DEVICE) -> list[tuple[int, str]]:
    """Make a call and return its events: level and start of the message."""
    caplog.clear()
    client.get_device_credential(device)
    return [(record.levelno, record.getMessage().split(" operation=")[0]) for record in caplog.records]


def test_the_level_can_change_at_any_time(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    ended = (logging.DEBUG, "attempt ended")
    retry = (logging.WARNING, "attempt failed, retrying")
    with devcred.Client(**emulator.options) as client:
        assert events(caplog, client) == []
        LOGGER.setLevel(logging.DEBUG)
        assert events(caplog, client) == [ended]
        assert events(caplog, client, THROTTLED_ONCE) == [ended, retry, ended]
        LOGGER.setLevel(logging.WARNING)
        assert events(caplog, client, THROTTLED_ONCE) == [retry]
        logging.disable(logging.CRITICAL)
        assert events(caplog, client) == []


def test_warnings_are_logged_if_debug_is_disabled(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    with devcred.Client(**emulator.options) as client:
        assert events(caplog, client, THROTTLED_ONCE) == [(logging.WARNING, "attempt failed, retrying")]
        LOGGER.setLevel(logging.ERROR)
        assert events(caplog, client, "GID_test@@@fault-Throttling.Api-1") == []


def test_a_record_is_like_one_of_the_standard_library(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    LOGGER.setLevel(1)
    with devcred.Client(**emulator.options) as client:
        client.get_device_credential(DEVICE)
    (record,) = caplog.records
    assert (record.name, record.levelname, record.exc_info) == ("devcred", "DEBUG", None)
    assert logging.Formatter("%(asctime)s %(threadName)s %(pathname)s:%(lineno)d %(message)s").format(record)
    assert emulator.access_key_secret not in record.getMessage()


def test_a_percent_sign_is_not_a_format(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    LOGGER.setLevel(logging.DEBUG)
    with devcred.Client(**emulator.options) as client:
        assert events(caplog, client, "GID_%s@@@%d")[0][1] == "attempt ended"


def test_nothing_is_printed_unless_logging_is_configured(program: Program) -> None:
    status, printed = program.run("""
        import logging, devcred
        devcred.Client.from_env().get_device_credential("GID_test@@@fault-Throttling.User-1")
        """)
    assert (status, printed) == (0, "")


def test_devcred_does_not_import_logging(program: Program) -> None:
    status, printed = program.run("""
        import sys, devcred
        devcred.Client.from_env().get_device_credential("GID_test@@@fault-Throttling.User-1")
        print("logging" in sys.modules)
        """)
    assert (status, printed) == (0, "False\n")


def test_a_failing_handler_does_not_affect_the_call(emulator: Emulator) -> None:
    class Broken(logging.Handler):
        """Raises an error."""

        def emit(self, record: logging.LogRecord) -> None:
            """Raise an error."""
            raise RuntimeError(record)

    with attached(Broken()), devcred.Client(**emulator.options) as client:
        assert client.get_device_credential(DEVICE)


def test_a_handler_runs_on_the_thread_of_a_blocking_call(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    LOGGER.setLevel(logging.DEBUG)
    with devcred.Client(**emulator.options) as client:
        assert events(caplog, client, THROTTLED_ONCE)
    assert {record.thread for record in caplog.records} == {threading.get_ident()}


@pytest.mark.parametrize(("device", "number"), [(DEVICE, 1), (THROTTLED_ONCE, 1), (THROTTLED_ONCE, 3)])
def test_ctrl_c_during_a_handler_ends_the_call(emulator: Emulator, device: str, number: int) -> None:
    """It ends a call that would have succeeded too."""

    class Interrupted(logging.Handler):
        """Receives Ctrl-C during one of its events."""

        events = 0

        def emit(self, _: logging.LogRecord) -> None:
            """Count the event."""
            self.events += 1
            if self.events == number:
                signal.raise_signal(signal.SIGINT)

    with devcred.Client(**emulator.options) as client:
        with attached(Interrupted()), pytest.raises(KeyboardInterrupt):
            client.get_device_credential(device)
        assert client.get_device_credential(DEVICE)


def test_a_blocking_call_in_a_handler_is_refused(emulator: Emulator) -> None:
    """Its events would call the handler again."""
    refused: list[str] = []

    class Calling(logging.Handler):
        """Makes a blocking call."""

        def emit(self, _: logging.LogRecord) -> None:
            """Make the call."""
            try:
                client.get_device_credential(DEVICE)
            except devcred.InvalidParameterError as error:
                refused.append(error.message)

    with attached(Calling()), devcred.Client(**emulator.options) as client:
        assert client.get_device_credential(DEVICE)
    assert len(refused) == 1
    assert "would wait for itself" in refused[0]
