"""W5: clients that leave before the answer, send a byte a second, or only hold a connection; the others are served."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import uuid
from urllib.parse import urlsplit

import pytest

from tests.factories import ROUTINE_ANSWERS
from tests.faults.house import House
from tests.faults.load import breaches, new_line, patients, send
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SECONDS = size(5, 300)
IDLE, SLOW = 200, 4
WORST_SLOWDOWN = 2
# On a quiet machine an answer takes some 20 ms: below this a ratio measures the machine's other work.
NOTICEABLE_SECONDS = size(0.5, 0.15)


def connected(house: House) -> socket.socket:
    parts = urlsplit(house.address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


def request_of(key: str) -> bytes:
    body = json.dumps({"answers": ROUTINE_ANSWERS | {"family_name": "Hasty"}}).encode()
    head = (
        f"POST /api/v1/intakes/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def drip(house: House, done: threading.Event) -> None:
    with contextlib.suppress(OSError), connected(house) as client:
        for byte in request_of(str(uuid.uuid4())):
            if done.wait(1):
                return
            client.sendall(bytes([byte]))


def leave(house: House, done: threading.Event, left: list[str]) -> None:
    while not done.wait(0.2):
        key = str(uuid.uuid4())
        with contextlib.suppress(OSError), connected(house) as client:
            client.sendall(request_of(key))
            left.append(key)


def load(house: House, seconds: float):
    done = threading.Event()
    thread, ledger = patients(house, rate=8, until=done.is_set, repeat_share=0)
    time.sleep(seconds)
    done.set()
    thread.join()
    return ledger


def test_the_others_are_served_as_before(tell):
    with House() as house:
        load(house, 2)
        alone = load(house, SECONDS / 2)
        done, left = threading.Event(), []
        idle = [connected(house) for _ in range(IDLE)]
        rude = [threading.Thread(target=drip, args=[house, done]) for _ in range(SLOW)]
        rude.append(threading.Thread(target=leave, args=[house, done, left]))
        for each in rude:
            each.start()
        time.sleep(0.5)
        among = load(house, SECONDS)
        done.set()
        for each in rude:
            each.join()
        for client in idle:
            client.close()
        time.sleep(1)  # those who left may have been served last
        for line in alone.lines + among.lines:
            assert line.status == 201, line
        before, during = alone.usual(), among.usual()

        tell(
            "W5",
            landed=IDLE + SLOW + len(left),
            at_least=IDLE + SLOW + 10,
            figure=f"{before * 1000:.0f} ms alone, {during * 1000:.0f} ms among {IDLE} idle and {SLOW} slow",
        )
        assert during < max(WORST_SLOWDOWN * before, NOTICEABLE_SECONDS)
        assert [breach for breach in breaches(house, among) if "nobody sent" not in breach] == []


def test_a_thread_for_whoever_connects_is_caught(tell):
    with House(harm="wait_for_words") as house:
        alone = send(house.address, new_line(0)).seconds
        idle = [connected(house) for _ in range(IDLE)]
        among = send(house.address, new_line(1), timeout=WORST_SLOWDOWN * alone + 5).seconds
        for client in idle:
            client.close()

        tell("W5 saboteur", landed=IDLE, at_least=IDLE, figure=f"{alone:.1f} s alone, {among:.1f} s among them: caught")
        assert among > max(WORST_SLOWDOWN * alone, NOTICEABLE_SECONDS)
