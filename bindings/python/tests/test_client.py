"""What a client is as an object: its text, how it is closed, and that it stays in its process."""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import pickle
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any

import devcred
import pytest
from conftest import DEVICE

if TYPE_CHECKING:
    from conftest import Emulator, Program

Class = type[devcred.Client] | type[devcred.AsyncClient]


@pytest.fixture(params=[devcred.Client, devcred.AsyncClient])
def client_class(request: pytest.FixtureRequest) -> Any:
    """Return each class of clients."""
    return request.param


def test_the_text_of_a_client_identifies_it_without_a_secret(emulator: Emulator, client_class: Class) -> None:
    token = "a-t0k3n"
    client = client_class(**{**emulator.options, "access_key_id": "LTAI5tExampleExampleEx12"}, security_token=token)
    host = emulator.endpoint.removeprefix("http://")
    name = f"devcred.{client_class.__name__}"
    shown = f"<{name} endpoint='{host}' access_key_id='LTAI5t…' instance_id='post-cn-test' closed=False>"
    assert (repr(client), str(client)) == (shown, shown)
    client.set_access_key("STS.NExampleExampleExampl", emulator.access_key_secret)
    assert repr(client) == shown.replace("LTAI5t", "STS.NE")
    client.close()
    assert repr(client) == f"<{name} endpoint='{host}' instance_id='post-cn-test' closed=True>"


def test_the_text_of_a_client_names_the_subclass_and_no_absent_instance(emulator: Emulator) -> None:
    class Subclass(devcred.Client):
        """A subclass of a user."""

    with Subclass(**{**emulator.options, "instance_id": None}) as client:
        assert repr(client).startswith(f"<{__name__}.{Subclass.__qualname__} endpoint=")
        assert "instance_id" not in repr(client)


def test_a_client_whose_options_were_refused_has_a_text_too(client_class: Class) -> None:
    assert repr(client_class.__new__(client_class)).startswith(f"<devcred.{client_class.__name__} object at ")


def test_the_text_of_a_client_is_the_same_in_a_forked_process(program: Program) -> None:
    status, printed = program.run("""
        import devcred, os, sys
        client = devcred.Client.from_env()
        client.set_access_key("LTAI5tExampleExampleEx12", "a-s3cr3t")
        text = repr(client)
        child = os.fork()
        if child == 0:
            os._exit(5 if repr(client) == text else 6)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "LTAI5t…" in text)
        """)
    assert (status, printed) == (0, "5 True\n")


def test_a_client_cannot_be_pickled(emulator: Emulator, client_class: Class) -> None:
    client = client_class(**emulator.options)
    message = f"^{client_class.__name__} cannot be pickled: create a client in each process$"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match=message):
            pickle.dumps(client, protocol)
    with pytest.raises(TypeError, match=message):
        copy.copy(client)
    for method in ("spawn", "forkserver"):
        context: Any = multiprocessing.get_context(method)
        process = context.Process(target=repr, args=(client,))
        with pytest.raises(TypeError, match=message):
            process.start()


def test_a_closed_client_cannot_be_entered(emulator: Emulator) -> None:
    client = devcred.Client(**emulator.options)
    with closing(client):
        pass
    with pytest.raises(devcred.InvalidParameterError, match="the client is closed"), client:
        pytest.fail("the client was entered")


def test_an_asynchronous_client_is_closed_by_aclose(emulator: Emulator) -> None:
    async def main() -> None:
        async with aclosing(devcred.AsyncClient(**emulator.options)) as client:
            assert (await client.get_device_credential(DEVICE)).client_id == DEVICE
        assert client.is_closed
        await client.aclose()
        with pytest.raises(devcred.InvalidParameterError, match="the client is closed"):
            async with client:
                pytest.fail("the client was entered")

    asyncio.run(main())


def test_an_asynchronous_client_in_a_with_statement_is_a_type_error(emulator: Emulator) -> None:
    with (
        pytest.raises(TypeError, match=r"^an AsyncClient is an asynchronous context manager: use async with$"),
        devcred.AsyncClient(**emulator.options),
    ):
        pytest.fail("the client was entered")
