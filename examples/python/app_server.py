"""
A server that returns the MQTT login of a device to its app, so that no AccessKey is on the device.

    pip install devcred fastapi uvicorn
    APP_DEVICES=devices.json uvicorn app_server:app
    curl -X POST -H 'Authorization: Bearer TOKEN' http://127.0.0.1:8000/mqtt-login

`devices.json` maps the SHA-256 digest of each caller's token to the caller's device, so that a
caller can request the login of that device only: {"9f86d0...": "GID_test@@@device-1"}. The
AccessKey, the region and the instance come from the environment, as in get.py.

Each success is billed. Therefore an app stores its login and requests it again only if the broker
refuses it, not at every start.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import devcred
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

log = logging.getLogger("app_server")
bearer = HTTPBearer()


DEVICES: dict[str, str] = json.loads(Path(os.environ["APP_DEVICES"]).read_text())


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    # One client for all requests: it has the connections, the AccessKey and the rate limiter.
    async with devcred.AsyncClient.from_env() as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


def device_of_caller(authorization: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    """Return the device of the caller."""
    token = hashlib.sha256(authorization.credentials.encode()).hexdigest()
    if token not in DEVICES:
        # Swift's Foundation on Linux crashes on a challenge without a parameter.
        raise HTTPException(401, "this token is not known", {"WWW-Authenticate": 'Bearer realm="mqtt-login"'})
    return DEVICES[token]


@app.post("/mqtt-login")
async def mqtt_login(
    request: Request, response: Response, client_id: Annotated[str, Depends(device_of_caller)]
) -> dict[str, str]:
    client: devcred.AsyncClient = request.app.state.client
    credential = await client.get_device_credential(client_id)
    response.headers["Cache-Control"] = "no-store"
    # Only the login: the app does not need the device's secret.
    login = credential.mqtt_login().reveal()
    return {"clientId": login["client_id"], "username": login["username"], "password": login["password"]}


@app.exception_handler(devcred.DevcredError)
async def handle_error(_: Request, error: devcred.DevcredError) -> JSONResponse:
    # The operator of this server needs the whole error, the caller only what to do.
    log.error("%s", error)
    if isinstance(error, devcred.NotFoundError):
        return JSONResponse({"detail": "this device is not registered"}, 404)
    if error.retryable:
        return JSONResponse({"detail": "try again later"}, 503, {"Retry-After": "5"})
    return JSONResponse({"detail": "this server has a problem"}, 500)
