"""Makes calls by the vendor's typed SDK.

Each line of stdin is, in JSON, what to ask for, each line of stdout what came of it.
"""

import json
import sys

from alibabacloud_onsmqtt20200420 import models
from alibabacloud_onsmqtt20200420.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.exceptions import DaraException


def call(ask):
    config = Config(
        access_key_id=ask["access_key_id"],
        access_key_secret=ask["access_key_secret"],
        security_token=ask["security_token"],
        endpoint=ask["endpoint"],
        protocol="http",
        read_timeout=30_000,
        connect_timeout=30_000,
    )
    if ask["signature_algorithm"]:
        config.signature_algorithm = ask["signature_algorithm"]
    request = models.GetDeviceCredentialRequest(client_id=ask["client_id"], instance_id=ask["instance_id"])
    try:
        body = Client(config).get_device_credential(request).body
    except DaraException as error:
        return {
            "code": error.code,
            "status": error.status_code,
            "message": error.message,
            "request_id": error.request_id,
        }
    return {"request_id": body.request_id, "credential": body.device_credential.to_map()}


for line in sys.stdin.buffer:
    print(json.dumps(call(json.loads(line))), flush=True)
