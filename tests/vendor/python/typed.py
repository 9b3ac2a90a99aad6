"""Makes calls with the vendor's typed SDK.

Each line of stdin is a call in JSON, each line of stdout its outcome.
"""

import json
import sys

from alibabacloud_onsmqtt20200420 import models
from alibabacloud_onsmqtt20200420.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.exceptions import DaraException


def execute(call):
    config = Config(
        access_key_id=call["access_key_id"],
        access_key_secret=call["access_key_secret"],
        security_token=call["security_token"],
        endpoint=call["endpoint"],
        protocol="http",
        read_timeout=30_000,
        connect_timeout=30_000,
    )
    if call["signature_algorithm"]:
        config.signature_algorithm = call["signature_algorithm"]
    request = models.GetDeviceCredentialRequest(client_id=call["client_id"], instance_id=call["instance_id"])
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
    print(json.dumps(execute(json.loads(line))), flush=True)
