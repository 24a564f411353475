"""Real processes and the plainest HTTP: what a client costs is measured too, so it must cost little."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from urllib.error import URLError
from urllib.request import urlopen

import msgspec

from bench.realm import PEOPLE
from caravan.server.demo import PASSWORD

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return found.getsockname()[1]


class Running:
    """A process that answers on ``port``; ``seconds`` is how long it took to."""

    def __init__(self, pid: int, port: int, seconds: float) -> None:
        self.pid, self.port, self.seconds = pid, port, seconds

    def memory(self) -> float:
        """Resident memory in MB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def running(*words: str, port: int, folder: Path | None = None, patience: float = 120.0) -> Iterator[Running]:
    """Starts a process, waits for its ``/health/ready``, and ends it with all it started, whatever happens."""
    began = time.monotonic()
    with TemporaryFile() as said:
        process = subprocess.Popen(words, cwd=folder, stdout=said, stderr=said, start_new_session=True)
        try:
            while not _ready(port):
                if process.poll() is not None or time.monotonic() - began > patience:
                    said.seek(0)
                    raise RuntimeError(f"it did not answer: {words}\n{said.read().decode(errors='replace')[-2000:]}")
                time.sleep(0.01)
            yield Running(process.pid, port, time.monotonic() - began)
        finally:
            _end(process)


def server(folder: Path) -> AbstractContextManager[Running]:
    port = free_port()
    return running(sys.executable, "-m", "caravan", "serve", "--data", str(folder), "--port", str(port), port=port)


def floor() -> AbstractContextManager[Running]:
    """The bare server of ``floor.py``: what a figure would be with the program taken away, the client's own cost included."""
    port = free_port()
    return running(sys.executable, "-m", "bench.floor", str(port), port=port)


def _ready(port: int) -> bool:
    try:
        with urlopen(f"http://{HOST}:{port}/health/ready", timeout=5) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    for how, seconds in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 8.0)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


class Door:
    """One persistent connection. It knows no more of HTTP than the two servers speak."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cookie: str) -> None:
        self._reader, self._writer, self._cookie = reader, writer, cookie

    async def ask(self, method: str, path: str, wish: object = None, key: str = "") -> bytes:
        return (await self.answer(method, path, wish, key))[1]

    async def answer(self, method: str, path: str, wish: object = None, key: str = "") -> tuple[dict[str, str], bytes]:
        """Headers (lower case) and body. Raises ``RuntimeError`` for any status but 200 and 201."""
        self._writer.write(request(method, path, self._cookie, wish, key))
        first, *rest = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = await self._reader.readexactly(int(headers["content-length"]))
        if first.split()[1] not in ("200", "201"):
            raise RuntimeError(f"{method} {path}: {first} {body[:300]!r}")
        return headers, body

    def close(self) -> None:
        self._writer.close()


def request(method: str, path: str, cookie: str, wish: object = None, key: str = "") -> bytes:
    body = b"" if wish is None else msgspec.json.encode(wish)
    extra = f"Idempotency-Key: {key}\r\n" if key else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@asynccontextmanager
async def door(port: int, cookie: str = "") -> AsyncIterator[Door]:
    opened = Door(*await asyncio.open_connection(HOST, port, limit=1 << 16), cookie)
    try:
        yield opened
    finally:
        opened.close()


async def sign_in(port: int, *agencies: str) -> list[str]:
    """Session cookies of the installation's accounts, of those agencies or of all: so many distinct shares."""
    wanted = [account.email for account in PEOPLE if not agencies or account.agency in agencies]
    cookies: list[str] = []
    async with door(port) as entrance:
        for email in wanted:
            wish = {"email": email, "password": PASSWORD}
            headers, _ = await entrance.answer("POST", "/api/v1/session", wish)
            cookies.append(headers["set-cookie"].partition(";")[0])
    return cookies
