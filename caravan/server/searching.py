"""Runs a search off the event loop: a small one in a thread, a large one in a process of its own, which keeps no turn waiting
and can be stopped. Run as a module it is that process."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import suppress

import msgspec

from caravan.basics import Record
from caravan.shelters.joint import LARGE, Found, Question, solve
from caravan.shelters.progress import Progress, Watch

_STOP = b"stop\n"
_MOST_BYTES = 1 << 30


class _Line(Record, frozen=True):
    """What the process says, a line each: how far it is, and at last what it found."""

    progress: Progress | None = None
    found: Found | None = None


_encode = msgspec.json.Encoder().encode
_line = msgspec.json.Decoder(_Line)


async def search(question: Question, watch: Watch) -> Found:
    """What ``solve`` finds. A large search would hold up the others in a thread: the interpreter runs one at a time.

    ``watch`` is called with each progress; when it says no, the best so far comes back. Raises ``RuntimeError`` where the process
    broke. Cancelled, it leaves no process behind.
    """
    if question.people < LARGE:
        return await asyncio.to_thread(solve, question, watch=watch)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_MOST_BYTES
    )
    try:
        return await converse(process, question, watch)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def converse(process: asyncio.subprocess.Process, question: Question, watch: Watch) -> Found:
    """The question and the answer, and between them how far it is and, once, that it should stop. Raises ``RuntimeError`` where no
    answer comes."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the search has no line to us")
    process.stdin.write(_encode(question) + b"\n")
    await process.stdin.drain()
    stopped = False
    async for text in process.stdout:
        said = _line.decode(text)
        if said.progress is not None and not watch(said.progress) and not stopped:
            stopped = True
            process.stdin.write(_STOP)
            with suppress(BrokenPipeError, ConnectionResetError):  # it has just ended: what it found is on its way
                await process.stdin.drain()
        if said.found is not None:
            return said.found
    raise RuntimeError("the search ended without an answer")


# --- the process -------------------------------------------------------------------------------------------------------


class _Voice:
    """Tells how far the search is, once for each step that the one before did not say."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._said: Progress | None = None

    def listen(self) -> None:
        """Until the line says stop, or is cut: nobody waits for the answer any more."""
        # The stop comes after the first progress, so nothing of it is in the buffer; and a thread that waits in the buffer when
        # the process ends makes it abort.
        os.read(0, 1)
        self._stopped.set()

    def watch(self, progress: Progress) -> bool:
        if progress != self._said:
            self._said = progress
            _say(_Line(progress=progress))
        return not self._stopped.is_set()


def _say(line: _Line) -> None:
    sys.stdout.buffer.write(_encode(line) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    question = msgspec.json.decode(sys.stdin.buffer.readline(), type=Question)
    voice = _Voice()
    threading.Thread(target=voice.listen, daemon=True).start()
    _say(_Line(found=solve(question, watch=voice.watch)))


if __name__ == "__main__":
    main()
