"""One call from a cold start.

`cold.py ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID CLIENT_ID`
"""

import sys

import devcred

endpoint, access_key_id, access_key_secret, instance_id, device = sys.argv[1:]
with devcred.Client(
    endpoint=endpoint, access_key_id=access_key_id, access_key_secret=access_key_secret, instance_id=instance_id
) as client:
    client.get_device_credential(device)
