"""
Stores the credential of a device, so that the device can log in after a restart without a request.

    python restart.py GID_test@@@device-1 credential.json

The first run fetches the credential, which is billed, and stores it. Each later run reads the file and needs no
AccessKey. If the broker refuses the login, delete the file and run the program again.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import devcred


def load(file: Path) -> devcred.DeviceCredential:
    """Restore a stored credential."""
    return devcred.DeviceCredential.from_revealed(json.loads(file.read_text()))


def store(credential: devcred.DeviceCredential, file: Path) -> None:
    """Store a credential with its secret. Only the owner may read the file, which appears at once and complete."""
    # The mode of a temporary file is 600.
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as new:
        json.dump(credential.reveal(), new)
    os.replace(new.name, file)


client_id, file = sys.argv[1], Path(sys.argv[2])
try:
    if file.exists():
        credential = load(file)
    else:
        with devcred.Client.from_env() as client:
            credential = client.get_device_credential(client_id)
        store(credential, file)
except devcred.DevcredError as error:
    sys.exit(str(error))

login = credential.mqtt_login()
print(login.username)  # login.password is the password for CONNECT
