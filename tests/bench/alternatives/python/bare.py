"""Calls without any library: by sockets, and by a protocol of asyncio.

Each thread or task keeps a connection. Of the response, only the status and the length are read.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench import Arguments

VERSIONS = {"sockets": "blocking sockets", "asyncio": "a protocol of asyncio"}


def in_threads(arguments: Arguments) -> Callable[[int], None]:
    request, connections = build_request(arguments), {}

    def call(number: int) -> None:
        if number not in connections:
            connections[number] = open_connection(arguments.endpoint)
        exchange(connections[number], request)

    return call


def in_tasks(arguments: Arguments) -> Callable[[int], Awaitable[None]]:
    request, connections = build_request(arguments), {}
    url = urlsplit(arguments.endpoint)

    async def call(number: int) -> None:
        if number not in connections:
            loop = asyncio.get_running_loop()
            _, connections[number] = await loop.create_connection(Connection, url.hostname, url.port)
        await connections[number].exchange(request)

    return call


def build_request(arguments: Arguments) -> bytes:
    query = urlencode({"ClientId": arguments.client_id, "InstanceId": arguments.instance_id})
    host = urlsplit(arguments.endpoint).netloc
    lines = [f"POST /?{query} HTTP/1.1", f"host: {host}", "content-length: 0", *arguments.headers, "", ""]
    return "\r\n".join(lines).encode()


def is_complete(response: bytes) -> bool:
    head, end, body = response.partition(b"\r\n\r\n")
    if not end:
        return False
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(response)
    _, _, rest = head.partition(b"\r\ncontent-length: ")
    return len(body) >= int(rest.partition(b"\r\n")[0])


def open_connection(endpoint: str) -> socket.socket:
    url = urlsplit(endpoint)
    connection = socket.create_connection((url.hostname, url.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def exchange(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    response = b""
    while not is_complete(response):
        received = connection.recv(4096)
        if not received:
            raise ConnectionError(response)
        response += received


class Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.response += data
        if is_complete(self.response):
            self.is_answered.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.is_answered.done():
            self.is_answered.set_exception(error or ConnectionError(self.response))

    async def exchange(self, request: bytes) -> None:
        self.response = b""
        self.is_answered = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self.is_answered
