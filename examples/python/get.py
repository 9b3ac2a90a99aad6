"""
Fetches the credential of one device and prints what the device needs to connect - but its password.

    pip install devcred
    python get.py 'GID_test@@@test'

The AccessKey, the region and the instance come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_REGION_ID, DEVCRED_INSTANCE_ID.
"""

import sys

import devcred


def main(client_id: str) -> None:
    with devcred.Client.from_env() as client:
        try:
            credential = client.get_device_credential(client_id)
        except devcred.NotFoundError:
            sys.exit("register the device first")
    print(credential.mqtt_login().username)  # its .password goes into CONNECT


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} CLIENT_ID", file=sys.stderr)
        sys.exit(2)
    try:
        main(sys.argv[1])
    except devcred.DevcredError as error:
        sys.exit(str(error))
