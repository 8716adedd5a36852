"""Clients that behave badly: they drip their bytes, go away in the middle, or ask for what takes too long."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from .servers import JSON

Body = tuple[bytes, Any]
"""A request's body and the predictions it is to get."""


class Crowd:
    """Runs such clients until told to stop, and counts what they saw.

    Args:
        port: Of the server on this machine.
        bodies: Requests with known answers.
        endless: A request whose query ends on the time limit only.
    """

    def __init__(self, port: int, bodies: list[Body], endless: bytes) -> None:
        self.port, self.bodies, self.endless = port, bodies, endless
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.took: list[float] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        jobs: list[tuple[Callable[[random.Random], None], float]] = [
            (self._time_out, 1.0),
            *[(self._drip, 0.2)] * 4,
            (self._stall, 1.0),
            *[(self._leave, 0.1)] * 2,
        ]
        self._threads = [threading.Thread(target=self._run, args=(n, *job), daemon=True) for n, job in enumerate(jobs)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90)
        assert not any(thread.is_alive() for thread in self._threads), "a client of ours hangs"

    def _run(self, seed: int, job: Callable[[random.Random], None], pause: float) -> None:
        chance = random.Random(seed)
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                job(chance)
            except OSError as error:
                self._count(f"{job.__name__.strip('_')}: {type(error).__name__}")
            self._stop.wait(max(0.0, pause - (time.monotonic() - started)))

    def _count(self, what: str) -> None:
        with self._lock:
            self.seen[what] += 1

    def _check(self, what: str, answer: bytes, expected: Any) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1].decode() if head.startswith(b"HTTP/1.1 ") else "none"
        self._count(f"{what}: HTTP {status}")
        timed_out = status == "400" and b"timeout_seconds" in body
        if not timed_out and (status != "200" or json.loads(body)["predictions"] != expected):
            self.wrong.append(f"{what}: {answer[:300]!r}")

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=80)

    def _time_out(self, chance: random.Random) -> None:
        started = time.monotonic()
        with self._connect() as connection:
            connection.sendall(_http(self.endless))
            answer = _all(connection)
        self.took.append(time.monotonic() - started)
        status = answer[9:12].decode()
        self._count(f"query without end: HTTP {status}")
        if status != "400" or b"timeout_seconds" not in answer:
            self.wrong.append(f"query without end: {answer[:300]!r}")

    def _drip(self, chance: random.Random) -> None:
        """A few bytes at a time, for about four seconds, headers included."""
        body, expected = chance.choice(self.bodies)
        data = _http(body)
        step = max(1, len(data) // 40)
        with self._connect() as connection:
            for at in range(0, len(data), step):
                connection.sendall(data[at : at + step])
                time.sleep(0.1)
            self._check("dripping", _all(connection), expected)

    def _stall(self, chance: random.Random) -> None:
        """Half a request, then nothing, for a while."""
        data = _http(chance.choice(self.bodies)[0])
        with self._connect() as connection:
            connection.sendall(data[: len(data) // 2])
            self._stop.wait(5)
        self._count("stalled and left")

    def _leave(self, chance: random.Random) -> None:
        """Goes away in the middle of its request, or before the answer; politely or with a reset."""
        body, _ = chance.choice(self.bodies)
        data = _http(self.endless if chance.random() < 0.02 else body)
        half = chance.random() < 0.5
        with self._connect() as connection:
            if chance.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(data[: chance.randrange(1, len(data))] if half else data)
            time.sleep(chance.random() * 0.02)
        self._count("left in the middle" if half else "left before the answer")


def _http(body: bytes) -> bytes:
    head = f"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def _all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)
