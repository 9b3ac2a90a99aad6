"""The options of a client. A program that starts without mistakes need not import this module, which needs `typing`."""

from __future__ import annotations

# At run time, so that `typing.get_type_hints` resolves the options.
from datetime import timedelta  # noqa: TC003
from typing import Literal, TypedDict


class ClientOptions(TypedDict, total=False):
    """The keyword arguments of a client, which `devcred.Client.__init__` describes."""

    access_key_id: str | None
    access_key_secret: str | None
    security_token: str | None
    region: str | None
    network: Literal["public", "vpc"] | None
    endpoint: str | None
    instance_id: str | None
    signature: Literal["acs3-hmac-sha256", "hmac-sha1"] | None
    timeout: float | timedelta | None
    attempt_timeout: float | timedelta | None
    connect_timeout: float | timedelta | None
    max_attempts: int | None
    max_connections: int | None
    max_connecting: int | None
    max_requests_per_second: int | None
    root_certificates_pem: str | bytes | None
    proxy: str | None


#: What other libraries call these options, unless the names are similar.
_OTHER_NAMES = {
    "base_url": "endpoint",
    "max_retries": "max_attempts",
    "rate_limit": "max_requests_per_second",
    "read_timeout": "attempt_timeout",
    "retries": "max_attempts",
    "verify": "root_certificates_pem",
}


def describe_unknown(name: str) -> str:
    """Return why an option that does not exist is refused. Called by `_native`."""
    from difflib import get_close_matches

    options = list(ClientOptions.__annotations__)
    similar = [_OTHER_NAMES[name]] if name in _OTHER_NAMES else get_close_matches(name, options, 1)
    text = f"{name!r} is not an option of a devcred client"
    return f"{text}; did you mean {similar[0]!r}?" if similar else f"{text}; the options are {', '.join(options)}"
