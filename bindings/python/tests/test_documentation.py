"""The documentation that help shows, and the programs of the README."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
import textwrap
import typing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import devcred
import pytest
import typing_extensions
from conftest import DEVICE, LIMIT, PYTHON, ROOT

if TYPE_CHECKING:
    from conftest import Emulator

ACCESS_KEY = ["access_key_id", "access_key_secret", "security_token"]


def documented_options() -> dict[str, str]:
    """Return what the constructor's documentation says about each option."""
    text = inspect.getdoc(devcred.Client.__init__) or ""
    return {name: " ".join(entry.split()) for name, entry in re.findall(r"^(\w+)\n((?: {4}.+\n)+)", text, re.MULTILINE)}


def reference_options() -> dict[str, list[str]]:
    """Return the cells of each row of the reference: meaning, range and default."""
    table = (ROOT / "docs/reference.md").read_text().split("| option |")[1].split("\n\n")[0]
    plain = re.sub(r"\[(.+?)\]\(.+?\)", r"\1", table)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in plain.splitlines()[2:]]
    return {name.strip("`"): cells for name, *cells in rows}


def test_help_describes_every_option_as_the_reference_does() -> None:
    documented, reference = documented_options(), reference_options()
    assert list(documented) == list(devcred.ClientOptions.__annotations__)
    assert list(documented) == ACCESS_KEY + [name for name in reference if name != "access_key"]
    for name in reference.keys() - {"access_key"}:
        _, possible, default = reference[name]
        # The core knows the service's address.
        default = "the endpoint of the region" if name == "endpoint" else default
        for part in re.findall("`[^`]+`|^[^`]+$", possible):
            assert part.removeprefix("such as ") in documented[name], name
        expected = "Required, unless" if default.startswith("required") else f"Default: {default}."
        assert expected in documented[name], name
    assert [documented[name].split(". ")[-1] for name in ACCESS_KEY] == ["Required.", "Required.", "Default: none."]


@pytest.mark.parametrize("client_class", [devcred.Client, devcred.AsyncClient])
def test_help_shows_the_options_of_both_clients(client_class: type) -> None:
    shown = pydoc.plain(pydoc.render_doc(client_class))
    for name, entry in documented_options().items():
        assert name in shown
        assert entry.split()[-1] in shown


def run(emulator: Emulator, source: str, *arguments: str) -> str:
    """Run a program without warnings, and return its output."""
    command = [sys.executable, "-W", "error", "-c", source, *arguments]
    result = subprocess.run(command, env=emulator.environment, capture_output=True, text=True, timeout=LIMIT)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_type_hints_can_be_resolved(emulator: Emulator) -> None:
    """A program that imports devcred before `typing`, as most do, resolves them in any order."""
    names = ["__init__", "from_env", "set_access_key", "get_device_credential", "register_device_credential"]
    for first in names:
        source = f"""
            import devcred
            import typing
            for client in (devcred.Client, devcred.AsyncClient):
                for name in [{first!r}, *{names}]:
                    typing.get_type_hints(getattr(client, name))
            """
        assert run(emulator, textwrap.dedent(source)) == ""
    hints: Any = typing.get_type_hints
    assert hints(devcred.Client.__init__)["options"].__args__ == (devcred.ClientOptions,)
    assert hints(devcred.Client.from_env)["return"] is typing_extensions.Self
    for client_class in (devcred.Client, devcred.AsyncClient):
        assert hints(client_class.get_device_credential) == {
            "client_id": str,
            "instance_id": str | None,
            "timeout": float | timedelta | None,
            "return": devcred.DeviceCredential,
        }
    assert hints(devcred.ClientOptions)["timeout"] == float | timedelta | None


PROGRAMS = re.findall(r"^```python\n(.*?)^```", (PYTHON / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_of_the_readme_runs_as_it_is(emulator: Emulator, number: int) -> None:
    source = PROGRAMS[number]
    printed = run(emulator, source, DEVICE)
    assert printed.startswith("DeviceCredential|") == ("print(" in source)
    assert emulator.ends() == ["answered"]
