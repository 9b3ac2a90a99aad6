"""
Fetches the credential of a device and prints the MQTT user name.

The AccessKey, the region and the instance come from the environment, as docs/reference.md describes.
"""

import sys

import devcred

client_id = sys.argv[1] if len(sys.argv) > 1 else ""
try:
    with devcred.Client.from_env() as client:
        credential = client.get_device_credential(client_id)
except devcred.NotFoundError:
    sys.exit("register the device first")
except devcred.DevcredError as error:
    sys.exit(str(error))

login = credential.mqtt_login()
print(login.username)  # login.password is the password for CONNECT
