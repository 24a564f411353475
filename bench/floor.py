"""A server that does nothing: it answers every POST at once, tells whoever listens, and serves so many bytes.

Run as a process of its own, it shows what the machine, the loop and the benchmark's client cost by themselves.
"""

from __future__ import annotations

import asyncio
import sys

from bench.wire import HOST

FRAME = b"event: delta\ndata: " + b"x" * 600 + b"\n\n"
_listeners: set[asyncio.StreamWriter] = set()


async def _meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := await _head(reader):
        method, path, *_ = head.decode("latin-1").split()
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0))
        if path == "/live":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\nretry: 1000\n\n")
            _listeners.add(writer)
            continue
        if method == "POST":
            for listener in _listeners:
                listener.write(FRAME)
        body = b"x" * int(path.removeprefix("/bytes/")) if path.startswith("/bytes/") else b"{}"
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    _listeners.discard(writer)
    writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def _serve(port: int) -> None:
    async with await asyncio.start_server(_meet, HOST, port, backlog=2048) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
