"""Ctrl-C and other signals interrupt a waiting call."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from conftest import LIMIT, wait_for_exit

if TYPE_CHECKING:
    from conftest import Emulator, Program

CALL = """
    import devcred, signal, sys
    {before}
    client = devcred.Client.from_env(timeout=600, attempt_timeout=600)
    try:
        client.get_device_credential("GID_test@@@fault-hang", timeout={timeout})
    except BaseException as error:
        print(type(error).__name__, error, flush=True)
        {after}
    """


def interrupt(program: Program, with_signal: int, before: str = "", after: str = "", timeout: str = "600") -> str:
    """Send a signal to a program that waits for a response, and return its output."""
    process = program.start(CALL.format(before=before, after=after, timeout=timeout))
    program.emulator.wait_for([None])
    process.send_signal(with_signal)
    status, printed = wait_for_exit(process)
    assert status == 0, printed
    return printed


def test_ctrl_c_ends_a_call_soon_and_closes_its_connection(program: Program, emulator: Emulator) -> None:
    process = program.start(CALL.format(before="", after="sys.stdin.readline()", timeout="600"))
    emulator.wait_for([None])
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout
    assert process.stdout.readline() == "KeyboardInterrupt \n"
    # The promise is 300 ms, but a busy machine may take longer. Uninterrupted, the call would take
    # 10 minutes.
    assert time.monotonic() - begin < LIMIT
    emulator.wait_for(["client_closed"])
    assert wait_for_exit(process)[0] == 0


def test_an_unhandled_ctrl_c_ends_the_program_by_the_signal(program: Program, emulator: Emulator) -> None:
    process = program.start(CALL.format(before="", after="raise", timeout="600"))
    emulator.wait_for([None])
    process.send_signal(signal.SIGINT)
    status, printed = wait_for_exit(process)
    assert status == -signal.SIGINT
    assert "get_device_credential" in printed


def test_the_call_raises_the_exception_of_a_signal_handler(program: Program) -> None:
    before = "def handler(*_): raise RuntimeError('by the handler')\n    signal.signal(signal.SIGUSR1, handler)"
    assert interrupt(program, signal.SIGUSR1, before) == "RuntimeError by the handler\n"


def test_the_call_continues_after_a_signal_handler_returns(program: Program) -> None:
    before = "signal.signal(signal.SIGUSR1, lambda *_: print('handled', flush=True))"
    printed = interrupt(program, signal.SIGUSR1, before, timeout="4")
    assert printed.startswith("handled\nRequestTimeoutError ")


def test_an_asynchronous_exception_ends_the_call_of_its_thread(program: Program, emulator: Emulator) -> None:
    process = program.start(f"""
        import ctypes, devcred, sys, threading
        class Interrupted(Exception): pass
        def wait():
            try:
                client.get_device_credential("GID_test@@@fault-hang")
            except Interrupted:
                print("ended", flush=True)
        client = devcred.Client.from_env(timeout=600, attempt_timeout=600)
        thread = threading.Thread(target=wait)
        thread.start()
        sys.stdin.readline()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Interrupted))
        thread.join({LIMIT})
        if thread.is_alive():
            print("the call still waits", flush=True)
        sys.stdin.readline()
        """)
    emulator.wait_for([None])
    assert process.stdin
    assert process.stdout
    process.stdin.write("interrupt\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ended\n"
    emulator.wait_for(["client_closed"])
    assert wait_for_exit(process) == (0, "")
