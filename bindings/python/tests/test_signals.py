"""Ctrl-C and other signals reach a thread that waits."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from conftest import LIMIT, end_of

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


def interrupted(program: Program, with_signal: int, before: str = "", after: str = "", timeout: str = "600") -> str:
    """Send a signal to a program that waits for an answer, and give what it printed."""
    process = program.start(CALL.format(before=before, after=after, timeout=timeout))
    program.emulator.wait_for([None])
    process.send_signal(with_signal)
    status, printed = end_of(process)
    assert status == 0, printed
    return printed


def test_ctrl_c_ends_a_call_soon_and_closes_its_connection(program: Program, emulator: Emulator) -> None:
    process = program.start(CALL.format(before="", after="sys.stdin.readline()", timeout="600"))
    emulator.wait_for([None])
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout
    assert process.stdout.readline() == "KeyboardInterrupt \n"
    # 300 ms are promised; a machine that has much to do may take longer. The call itself would wait for 10 minutes.
    assert time.monotonic() - begin < LIMIT
    emulator.wait_for(["client_closed"])
    assert end_of(process)[0] == 0


def test_without_a_handler_for_it_ctrl_c_ends_the_program_as_usual(program: Program, emulator: Emulator) -> None:
    process = program.start(CALL.format(before="", after="raise", timeout="600"))
    emulator.wait_for([None])
    process.send_signal(signal.SIGINT)
    status, printed = end_of(process)
    assert status == -signal.SIGINT
    assert "get_device_credential" in printed


def test_what_a_handler_raises_comes_out_of_the_call(program: Program) -> None:
    before = "def handler(*_): raise RuntimeError('by the handler')\n    signal.signal(signal.SIGUSR1, handler)"
    assert interrupted(program, signal.SIGUSR1, before) == "RuntimeError by the handler\n"


def test_a_handler_that_raises_nothing_lets_the_call_go_on(program: Program) -> None:
    before = "signal.signal(signal.SIGUSR1, lambda *_: print('handled', flush=True))"
    printed = interrupted(program, signal.SIGUSR1, before, timeout="4")
    assert printed.startswith("handled\nRequestTimeoutError ")


def test_an_exception_that_is_sent_to_a_thread_ends_its_call(program: Program, emulator: Emulator) -> None:
    process = program.start(f"""
        import ctypes, devcred, sys, threading
        class Late(Exception): pass
        def wait():
            try:
                client.get_device_credential("GID_test@@@fault-hang")
            except Late:
                print("ended", flush=True)
        client = devcred.Client.from_env(timeout=600, attempt_timeout=600)
        thread = threading.Thread(target=wait)
        thread.start()
        sys.stdin.readline()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Late))
        thread.join({LIMIT})
        if thread.is_alive():
            print("it waits on", flush=True)
        sys.stdin.readline()
        """)
    emulator.wait_for([None])
    assert process.stdin
    assert process.stdout
    process.stdin.write("now\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ended\n"
    emulator.wait_for(["client_closed"])
    assert end_of(process) == (0, "")
