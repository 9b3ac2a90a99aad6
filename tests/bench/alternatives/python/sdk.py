"""Calls with the vendor's typed SDK. All threads or tasks share a client."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from alibabacloud_onsmqtt20200420.client import Client
from alibabacloud_onsmqtt20200420.models import GetDeviceCredentialRequest
from alibabacloud_tea_openapi.models import Config

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench import Arguments

PACKAGE = "alibabacloud-onsmqtt20200420"
VERSIONS = dict.fromkeys(("sync", "async"), f"{PACKAGE} {version(PACKAGE)}")


def in_threads(arguments: Arguments) -> Callable[[int], str]:
    client = new_client(arguments)

    def call(_: int) -> str:
        response = client.get_device_credential(new_request(arguments))
        return response.body.device_credential.device_access_key_secret

    return call


def in_tasks(arguments: Arguments) -> Callable[[int], Awaitable[str]]:
    client = new_client(arguments)

    async def call(_: int) -> str:
        response = await client.get_device_credential_async(new_request(arguments))
        return response.body.device_credential.device_access_key_secret

    return call


def new_client(arguments: Arguments) -> Client:
    return Client(
        Config(
            access_key_id=arguments.access_key_id,
            access_key_secret=arguments.access_key_secret,
            endpoint=arguments.endpoint.replace("http://", ""),
            protocol="http",
        )
    )


def new_request(arguments: Arguments) -> GetDeviceCredentialRequest:
    return GetDeviceCredentialRequest(client_id=arguments.client_id, instance_id=arguments.instance_id)
