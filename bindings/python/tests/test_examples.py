"""The examples as programs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from conftest import DEVICE, LIMIT, ROOT, Emulator, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES = ROOT / "examples/python"


def get(emulator: Emulator, *arguments: str, **variables: str) -> tuple[int, str, str]:
    """Run `get.py`."""
    command = [sys.executable, str(EXAMPLES / "get.py"), *arguments]
    environment = {**emulator.environment, **variables}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
    return result.returncode, result.stdout, result.stderr


def test_the_script_prints_the_user_name(small_emulator: Emulator) -> None:
    status, printed, errors = get(small_emulator, DEVICE)
    assert (status, errors) == (0, "")
    assert printed.startswith("DeviceCredential|")
    assert printed.endswith("|post-cn-test\n")


def test_the_script_reports_what_to_do(small_emulator: Emulator) -> None:
    assert get(small_emulator, "GID_test@@@unknown") == (1, "", "register the device first\n")
    status, _, errors = get(small_emulator, "")
    assert (status, errors.startswith("InvalidParameter: client_id is empty")) == (1, True)
    status, _, errors = get(small_emulator, DEVICE, ALIBABA_CLOUD_ACCESS_KEY_ID="")
    assert (status, errors.startswith("InvalidParameter: ")) == (1, True)
    status, _, errors = get(small_emulator)
    assert (status, errors.startswith("InvalidParameter: client_id is empty")) == (1, True)


def restart(client_id: str, file: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    """Run `restart.py` in a new process."""
    command = [sys.executable, str(EXAMPLES / "restart.py"), client_id, str(file)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
    return result.returncode, result.stdout, result.stderr


def test_a_stored_credential_logs_in_after_a_restart(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "credential.json"
    first = restart(DEVICE, file, emulator.environment)
    assert emulator.ends() == ["answered"]
    emulator.stop()
    assert restart(DEVICE, file, {}) == first
    stored = json.loads(file.read_text())
    assert first == (0, f"DeviceCredential|{stored['device_access_key_id']}|post-cn-test\n", "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == [file.name]


def test_a_credential_that_was_stored_hidden_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "credential.json"
    assert restart(DEVICE, file, emulator.environment)[0] == 0
    stored = json.loads(file.read_text())
    file.write_text(json.dumps({**stored, "device_access_key_secret": "<hidden: use reveal()>"}))
    status, printed, errors = restart(DEVICE, file, {})
    assert (status, printed) == (1, "")
    assert "device_access_key_secret is the text that hides a secret" in errors


class Server:
    """`app_server.py` under uvicorn."""

    def __init__(self, emulator: Emulator, devices: dict[str, str], folder: Path) -> None:
        tokens = {hashlib.sha256(token.encode()).hexdigest(): device for token, device in devices.items()}
        (folder / "devices.json").write_text(json.dumps(tokens))
        self.log = folder / "log"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "app_server:app", "--port", "0"],
                cwd=EXAMPLES,
                env={
                    **emulator.environment,
                    "APP_DEVICES": str(folder / "devices.json"),
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
                stdout=output,
                stderr=output,
            )
        wait_until(lambda: "Uvicorn running on " in self.log.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        self.url = self.log.read_text().split("Uvicorn running on ")[1].split()[0]

    def post(self, token: str | None) -> tuple[int, dict[str, Any], Any]:
        """Request the login of a device."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{self.url}/mqtt-login", method="POST", headers=headers)
        try:
            response = urllib.request.urlopen(request, timeout=LIMIT)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return response.status, json.load(response), response.headers

    def stop(self) -> str:
        """Stop the server and return its log."""
        self.process.terminate()
        self.process.wait(LIMIT)
        return self.log.read_text()


DEVICES = {
    "token-1": DEVICE,
    "token-2": "GID_test@@@unknown",
    "token-3": "GID_test@@@fault-Throttling.User",
    "token-4": "GID_test@@@fault-InstancePermissionCheckFailed",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Server, Emulator]]:
    """Start the example with an emulator that knows some devices."""
    known = [device for device in DEVICES.values() if "unknown" not in device]
    emulator = Emulator(*(word for device in known for word in ("--device", device)))
    server = Server(emulator, DEVICES, tmp_path)
    yield server, emulator
    server.stop()
    emulator.stop()


def test_the_server_returns_the_login_and_never_the_secret(server: tuple[Server, Emulator]) -> None:
    app, emulator = server
    status, login, headers = app.post("token-1")
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert login.keys() == {"clientId", "username", "password"}
    secret = secret_of(DEVICE, emulator)
    assert login["clientId"] == DEVICE
    assert login["password"] == base64.b64encode(hmac.digest(secret.encode(), DEVICE.encode(), "sha1")).decode()
    log = app.stop()
    for secret_text in (secret, login["password"], emulator.access_key_secret):
        assert secret_text not in json.dumps(login).replace(login["password"], "") + log


def secret_of(device: str, emulator: Emulator) -> str:
    """Return the secret that the emulator has for a device."""
    source = (
        f"import devcred; print(devcred.Client.from_env().get_device_credential({device!r}).device_access_key_secret)"
    )
    command = [sys.executable, "-c", textwrap.dedent(source)]
    result = subprocess.run(
        command, env=emulator.environment, capture_output=True, text=True, check=True, timeout=LIMIT
    )
    return result.stdout.strip()


def test_the_response_to_a_failure_reveals_nothing_internal(server: tuple[Server, Emulator]) -> None:
    app, emulator = server
    for token, expected, retry_after in [
        (None, (401, {"detail": "Not authenticated"}), None),
        ("token-0", (401, {"detail": "this token is not known"}), None),
        ("token-2", (404, {"detail": "this device is not registered"}), None),
        ("token-3", (503, {"detail": "try again later"}), "5"),
        ("token-4", (500, {"detail": "this server has a problem"}), None),
    ]:
        status, body, headers = app.post(token)
        assert ((status, body), headers["Retry-After"]) == (expected, retry_after)
    log = app.stop()
    assert "Throttling.User" in log
    assert emulator.access_key_secret not in log
    assert os.listdir(EXAMPLES)
