"""What a call raises."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DevcredError(Exception):
    """
    Why a call failed or an option was refused. Its class says what to do.

    `str` returns the kind and the message, and the advice on a second line. An error never contains a secret, and it
    can be pickled and copied.
    """

    kind = "Unknown"
    """The name of the kind, the same in every language of devcred."""

    def __init__(
        self,
        text: str,
        *,
        message: str | None = None,
        client_id: str | None = None,
        instance_id: str | None = None,
        code: str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        retryable: bool = False,
        possibly_billed: bool = False,
        retry_after: float | None = None,
        attempts: int = 0,
        help_url: str | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(text)
        self.message = text if message is None else message
        """What happened, in one line."""
        self.client_id = client_id
        """The device of the call; `None` if the client id is invalid, or if an option of the client was refused."""
        self.instance_id = instance_id
        """The instance of the call; `None` if a parameter of the call or an option of the client was refused."""
        self.code = code
        """The service's code, verbatim; `None` if there was no readable response."""
        self.http_status = http_status
        """The HTTP status; `None` if there was no response."""
        self.request_id = request_id
        """The service's id of the request, which its support needs."""
        self.retryable = retryable
        """Whether the same call may succeed if it is made again."""
        self.possibly_billed = possibly_billed
        """
        Whether an attempt may have been billed: a request was sent whose response did not arrive completely, or
        reported a success that could not be read.
        """
        self.retry_after = retry_after
        """How many seconds the service requested to wait before the next request; `None` if it requested nothing."""
        self.attempts = attempts
        """The number of attempts; 0 if nothing was sent."""
        self.help_url = help_url
        """The service's page about this error."""
        self.advice = advice
        """What to do, if known."""


class InvalidParameterError(DevcredError, ValueError):
    """Fix the input. A closed client raises this too."""

    kind = "InvalidParameter"


class AuthenticationError(DevcredError):
    """Fix the key, its token or the clock."""

    kind = "Authentication"


class PermissionDeniedError(DevcredError):
    """Fix the RAM policy, the account or the region."""

    kind = "PermissionDenied"


class NotFoundError(DevcredError):
    """Register the device first."""

    kind = "NotFound"


class AlreadyExistsError(DevcredError):
    """Fetch the credential instead."""

    kind = "AlreadyExists"


class ThrottledError(DevcredError):
    """Slow down."""

    kind = "Throttled"


class UnsupportedError(DevcredError):
    """Use another region, instance or endpoint."""

    kind = "Unsupported"


class ServiceError(DevcredError):
    """Try later, if `retryable`."""

    kind = "Service"


class RequestTimeoutError(DevcredError, TimeoutError):
    """Check the network, or use a longer timeout."""

    kind = "Timeout"


class TransportError(DevcredError, ConnectionError):
    """Check the network."""

    kind = "Transport"


class InvalidResponseError(DevcredError):
    """Report it: the response does not match the service's documentation."""

    kind = "InvalidResponse"


class InternalError(DevcredError):
    """Report it: devcred failed."""

    kind = "Internal"


_CLASSES: dict[str, type[DevcredError]] = {
    error.kind: error
    for error in (
        InvalidParameterError,
        AuthenticationError,
        PermissionDeniedError,
        NotFoundError,
        AlreadyExistsError,
        ThrottledError,
        UnsupportedError,
        ServiceError,
        RequestTimeoutError,
        TransportError,
        InvalidResponseError,
        InternalError,
    )
}


def create(kind: str, text: str, members: dict[str, Any]) -> DevcredError:
    """Create the error of a kind. Called by `_native`."""
    return _CLASSES.get(kind, DevcredError)(text, **members)
