"""The wheel and the source distribution."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes, message_from_string
from pathlib import Path
from typing import TYPE_CHECKING

import devcred
import pytest
from conftest import LIMIT, PYTHON, ROOT, TARGET

if TYPE_CHECKING:
    from conftest import Emulator

DIST = TARGET / "dist"
CLEAN = TARGET / "installed/python/venv/bin/python"

#: The libraries that manylinux allows, of those that this extension could need.
LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


@pytest.fixture
def wheel() -> zipfile.ZipFile:
    """Open the installed wheel."""
    (path,) = DIST.glob(f"devcred-{devcred.__version__}-*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_contains_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    sources = {f"devcred/{path.name}" for path in (PYTHON / "python/devcred").iterdir() if path.is_file()}
    info = f"devcred-{devcred.__version__}.dist-info"
    metadata = {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}
    assert set(wheel.namelist()) == sources | metadata | {"devcred/_native.abi3.so"}
    assert wheel.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_the_metadata_has_no_requirements_and_the_right_tags(wheel: zipfile.ZipFile) -> None:
    info = f"devcred-{devcred.__version__}.dist-info"
    metadata = message_from_string(wheel.read(f"{info}/METADATA").decode())
    assert metadata["Requires-Dist"] is None
    assert metadata["Requires-Python"] == ">=3.9"
    assert metadata["License-Expression"] == "Apache-2.0"
    classifiers = metadata.get_all("Classifier") or []
    versions = [f"Programming Language :: Python :: 3.{minor}" for minor in range(9, 15)]
    assert {*versions, "Programming Language :: Python :: 3 :: Only"} <= set(classifiers)
    assert {"onsmqtt", "GetDeviceCredential", "一机一密"} <= set(metadata["Keywords"].split(","))
    assert str(metadata.get_payload()).strip() == (PYTHON / "README.md").read_text().strip()
    tags = message_from_bytes(wheel.read(f"{info}/WHEEL")).get_all("Tag") or []
    machine = os.uname().machine
    assert sorted(tags) == [f"cp39-abi3-manylinux2014_{machine}", f"cp39-abi3-manylinux_2_17_{machine}"]


def test_the_wheel_contains_no_path_of_the_build_machine(wheel: zipfile.ZipFile) -> None:
    for path in (ROOT, TARGET, Path.home()):
        for name in wheel.namelist():
            assert f"{path}/".encode() not in wheel.read(name), (path, name)


def test_the_extension_needs_only_glibc_2_17(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    extension = wheel.extract("devcred/_native.abi3.so", tmp_path)
    dynamic = subprocess.run(["readelf", "-dVW", extension], capture_output=True, check=True, text=True).stdout
    assert set(re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic)) <= LIBRARIES
    versions = {tuple(map(int, version.split("."))) for version in re.findall(r"Name: GLIBC_([\d.]+)", dynamic)}
    assert versions
    assert max(versions) <= (2, 17)
    sections = subprocess.run(["readelf", "-SW", extension], capture_output=True, check=True, text=True).stdout
    assert ".symtab" not in sections, "the extension is not stripped"


def test_the_source_distribution_is_complete() -> None:
    """The wheel was built from it, so only files that a build does not need are checked."""
    with tarfile.open(DIST / f"devcred-{devcred.__version__}.tar.gz") as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}
    assert {"LICENSE", "README.md", "Cargo.lock", "pyproject.toml", "python/devcred/py.typed"} <= names


def run_clean(emulator: Emulator, *arguments: str) -> str:
    """Run a program in a venv that contains only the wheel, without Rust in the PATH."""
    environment = {**emulator.environment, "PATH": str(CLEAN.parent)}
    result = subprocess.run([str(CLEAN), *arguments], env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_it_works_without_other_packages(emulator: Emulator) -> None:
    installed = run_clean(emulator, "-c", "import importlib.metadata as m; print(*{d.name for d in m.distributions()})")
    assert installed == "devcred\n"
    assert run_clean(emulator, str(ROOT / "examples/python/get.py"), "GID_test@@@test").startswith("DeviceCredential|")


def test_it_imports_only_its_own_modules(emulator: Emulator) -> None:
    imported = run_clean(
        emulator, "-c", "import sys; before = set(sys.modules); import devcred; print(*sys.modules.keys() - before)"
    )
    expected = {"devcred", "devcred._client", "devcred._credential", "devcred._errors", "devcred._native"}
    assert set(imported.split()) - {"__future__", "atexit"} == expected


def test_the_type_of_the_options_can_be_imported() -> None:
    assert "timeout" in devcred.ClientOptions.__annotations__
    with pytest.raises(AttributeError, match="module 'devcred' has no attribute 'Cilent'"):
        devcred.Cilent  # noqa: B018
    assert set(devcred.__all__) <= set(dir(devcred)) | {"ClientOptions"}


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="its module has another name there")
@pytest.mark.parametrize("first", ["import devcred", ""])
def test_a_subinterpreter_is_refused_and_not_harmed(first: str) -> None:
    source = f"""if True:
        import _xxsubinterpreters as interpreters
        {first}
        other = interpreters.create()
        try:
            interpreters.run_string(other, "import devcred")
        except interpreters.RunFailedError as error:
            print(error)
        """
    result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=LIMIT)
    assert result.returncode == 0, result.stderr
    assert re.search("ImportError.*subinterpreter", result.stdout)


def test_a_panic_is_an_error_and_the_next_call_works(emulator: Emulator) -> None:
    source = """if True:
        import asyncio, devcred
        with devcred.Client.from_env() as client:
            try:
                client.get_device_credential("GID_test@@@panic")
            except devcred.InternalError as error:
                print(error.kind, error.retryable)
            print(client.get_device_credential("GID_test@@@test").client_id)

        async def main():
            async with devcred.AsyncClient.from_env() as client:
                try:
                    await client.get_device_credential("GID_test@@@panic")
                except devcred.InternalError as error:
                    print(error.kind, error.retryable)
                print((await client.get_device_credential("GID_test@@@test")).client_id)
        asyncio.run(main())
        """
    environment = {**emulator.environment, "PYTHONPATH": str(TARGET / "python/panic")}
    result = subprocess.run([str(CLEAN), "-c", source], env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert (result.returncode, result.stdout) == (0, "Internal False\nGID_test@@@test\n" * 2), result.stderr
