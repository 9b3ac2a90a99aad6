"""The completion queues of event loops. Only a call in a loop imports this module, which needs asyncio."""

from __future__ import annotations

import os
from asyncio import get_running_loop
from weakref import WeakKeyDictionary, ref

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from typing import Callable

    from ._credential import DeviceCredential

#: A queue belongs to a loop and not to a client, so that a loop watches one descriptor, however many clients it has.
_queues: WeakKeyDictionary[AbstractEventLoop, Callable[[], _native.CompletionQueue | None]] = WeakKeyDictionary()

if hasattr(os, "register_at_fork"):
    # A queue belongs to the process that created it.
    os.register_at_fork(after_in_child=_queues.clear)


def create_future() -> tuple[Future[DeviceCredential], _native.CompletionQueue]:
    """Create a future of the running event loop. Return it with the queue of this loop; `_native` calls this."""
    try:
        loop = get_running_loop()
    except RuntimeError:
        raise RuntimeError("AsyncClient needs a running asyncio event loop") from None
    return loop.create_future(), completion_queue(loop)


def completion_queue(loop: AbstractEventLoop) -> _native.CompletionQueue:
    """Return the queue that this event loop drains."""
    existing = _queues.get(loop)
    return (existing and existing()) or _create(loop)


def _create(loop: AbstractEventLoop) -> _native.CompletionQueue:
    try:
        queue = _native.CompletionQueue()
        loop.add_reader(queue.fileno(), queue.drain)
    except (NotImplementedError, OSError):
        # The default loop of Windows watches no descriptors, and a process may have none left.
        queue = _native.CompletionQueue(ref(loop))
        _queues[loop] = lambda: queue
    else:
        # Only the loop keeps the queue, so its descriptors are closed when the loop is closed or collected.
        _queues[loop] = ref(queue)
    return queue
