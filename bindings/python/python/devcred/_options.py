"""The options of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from datetime import timedelta


class ClientOptions(TypedDict, total=False):
    """
    The keyword arguments of a client. Passing `None` is the same as leaving an argument out.

    Times are seconds, as an int, a float or a `timedelta`, from one millisecond to a day.
    """

    access_key_id: str | None
    """The id of the AccessKey that signs the requests. Required, with its secret."""
    access_key_secret: str | None
    """The secret of the AccessKey. Required."""
    security_token: str | None
    """The security token of a temporary AccessKey. Default: none."""
    region: str | None
    """The instance's region, such as `cn-hangzhou`. Required unless `endpoint` is set."""
    network: Literal["public", "vpc"] | None
    """The network of the endpoint: `vpc` inside a virtual private cloud of the region. Default: `public`."""
    endpoint: str | None
    """`https://host[:port]`; `http` for loopback only. Default: the endpoint of the region."""
    instance_id: str | None
    """The instance, unless a call sets another. Default: none."""
    signature: Literal["acs3-hmac-sha256", "hmac-sha1"] | None
    """The signature method. With a security token, use the default. Default: `acs3-hmac-sha256`."""
    timeout: float | timedelta | None
    """The timeout of a call, with the rate limiter and all retries. Default: 15 seconds."""
    attempt_timeout: float | timedelta | None
    """The timeout of one attempt. Default: 5 seconds."""
    connect_timeout: float | timedelta | None
    """The timeout to connect, which includes DNS, TCP, the proxy and TLS. Default: 3 seconds."""
    max_attempts: int | None
    """The maximum number of attempts, the first included. Default: 3."""
    max_connections: int | None
    """The maximum number of open connections; further calls wait for one. Default: 100."""
    max_connecting: int | None
    """How many of these connections are opened at a time. Default: 16."""
    max_requests_per_second: int | None
    """The maximum number of requests per second; the service blocks an address above 300. Default: 50."""
    root_certificates_pem: str | bytes | None
    """Certificate authorities in PEM, in addition to those in use. Default: none."""
    proxy: str | None
    """`http[s]://[user:password@]host[:port]`, or `off`. Default: from `HTTPS_PROXY` and `NO_PROXY`."""
