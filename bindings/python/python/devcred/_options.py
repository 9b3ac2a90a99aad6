"""The options of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from datetime import timedelta


class ClientOptions(TypedDict, total=False):
    """
    The keyword arguments of a client. One that is left out, or `None`, is as the last words of its line say.

    Times are seconds, as an int, a float or a `timedelta`, from one millisecond to a day.
    """

    access_key_id: str | None
    """The id of the AccessKey that signs the requests. Required, with its secret."""
    access_key_secret: str | None
    """Its secret. Required."""
    security_token: str | None
    """The security token of a temporary AccessKey. None."""
    region: str | None
    """The instance's region, such as `cn-hangzhou`. Required unless `endpoint` is given."""
    network: Literal["public", "vpc"] | None
    """From where the service is asked: `vpc` from a machine inside the region's. `public`."""
    endpoint: str | None
    """`https://host[:port]` in the place of the region's own; `http` for this machine only. The region's own."""
    instance_id: str | None
    """The instance that is asked for unless a call names another. None."""
    signature: Literal["acs3-hmac-sha256", "hmac-sha1"] | None
    """How requests are signed. With a security token, leave the default: `acs3-hmac-sha256`."""
    timeout: float | timedelta | None
    """How long a call may take in all, waits and retries included. 15 seconds."""
    attempt_timeout: float | timedelta | None
    """How long one attempt may take. 5 seconds."""
    connect_timeout: float | timedelta | None
    """How long it may take to connect: name, TCP, proxy and TLS together. 3 seconds."""
    max_attempts: int | None
    """How often a request is sent at most, the first time included. 3."""
    max_requests_per_second: int | None
    """How many requests a second this client sends at most; the service blocks an address above 300. 50."""
    root_certificates_pem: str | bytes | None
    """Certificate authorities in PEM, added to those in use. None."""
    proxy: str | None
    """`http[s]://[user:password@]host[:port]`, or `off`. What `HTTPS_PROXY` and `NO_PROXY` say."""
