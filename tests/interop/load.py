"""Many clients at a time: no error, flat memory, and a stop that loses no answer. Only Python's own library.

    python3 tests/interop/load.py                 # 64 clients, 60 s
    python3 tests/interop/load.py --seconds 5     # as in CI
"""

import argparse
import http.client
import json
import re
import signal
import statistics
import sys
import threading
import time
import urllib.request

from sandbox import Client, Sandbox, Unanswered

# A stop waits no longer than this for the requests under way.
GRACE = 10
# Well within what it waits for one more request on a connection that has served.
LAST_REQUEST = 0.05
# What memory may do after it has settled.
GROWTH, SLACK_KIB = 1.10, 16 * 1024


class Worker(threading.Thread):
    """Writes barcodes and reads them, until told to rest or until the sandbox takes no more requests."""

    def __init__(self, number, sandbox, token, rest):
        super().__init__(daemon=True)
        self.number, self.rest = number, rest
        self.client = Client(sandbox, token)
        self.done, self.failure, self.asked = 0, None, None

    def run(self):
        kinds = ["QR", "Code128", "DataMatrix", "Aztec"]
        while not self.rest.is_set() and self.failure is None:
            kind, value = kinds[self.done // 2 % len(kinds)], f"client {self.number} call {self.done}"
            try:
                _, picture = self.client.generate(kind, value)
                self.done += 1
                read = [it["barcodeValue"] for it in self.client.recognize(kind, picture)]
                if read != [value]:
                    self.failure = f"{kind} {value!r} was read as {read}"
                self.done += 1
            except Unanswered as error:
                if self.is_owed(error):
                    self.failure = str(error)
                return
            except Exception as error:
                self.failure = repr(error)


    def is_owed(self, unanswered):
        """An answer is owed to what was sent before the stop, and a moment later on a connection that has served."""
        if self.asked is None:
            return True
        moment = LAST_REQUEST if unanswered.known else 0
        return unanswered.sent is not None and unanswered.sent <= self.asked + moment


def memory_of(process):
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s*(\d+)", status.read())[1])


def under_load(clients, seconds):
    """Load, and SIGTERM while it lasts."""
    with Sandbox() as sandbox:
        token, rest = Client(sandbox).token, threading.Event()
        workers = [Worker(number, sandbox, token, rest) for number in range(clients)]
        for worker in workers:
            worker.start()
        memory, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(0.25, seconds / 20))
            memory.append(memory_of(sandbox.process))
        before = sum(worker.done for worker in workers)
        asked = time.monotonic()
        for worker in workers:
            worker.asked = asked
        sandbox.process.send_signal(signal.SIGTERM)
        code = sandbox.process.wait(GRACE + 5)
        took = time.monotonic() - asked
        for worker in workers:
            worker.join(30)
    failures = [f"client {worker.number}: {worker.failure}" for worker in workers if worker.failure]
    failures += [f"client {worker.number} does not end" for worker in workers if worker.is_alive()]
    if code != 0:
        failures.append(f"the sandbox ended with {code}")
    third = len(memory) // 3
    early, late = statistics.median(memory[third : 2 * third]), statistics.median(memory[2 * third :])
    if late > early * GROWTH + SLACK_KIB:
        failures.append(f"memory grows: {early / 1024:.0f} MiB, then {late / 1024:.0f} MiB")
    after = sum(worker.done for worker in workers) - before
    print(
        f"load: {clients} clients, {seconds:g} s, {before} requests ({before / seconds:.0f} a second), memory "
        f"{early / 1024:.0f} then {late / 1024:.0f} MiB (at most {max(memory) / 1024:.0f}); stop under load: {after} more "
        f"answers in {took:.1f} s, {len(failures)} failures"
    )
    return failures


def wait_until_under_way(sandbox, clients):
    """The sandbox lists requests as soon as they have come."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{sandbox.admin_url}/requests") as answer:
            requests = json.load(answer)["requests"]
        if sum(it["operation"] == "Generate" for it in requests) == clients:
            return
    raise AssertionError(f"{clients} requests do not all come")


def all_under_way(clients):
    """SIGTERM while each client waits for an answer that takes seconds."""
    with Sandbox() as sandbox:
        token = Client(sandbox).token
        connections = [Client(sandbox, token) for _ in range(clients)]
        headers = {"Authorization": f"Bearer {token}", "x-sandbox-fault": "delay=3s"}
        for number, client in enumerate(connections):
            path = f"{client.base}/barcode/generate/QR?data={number}"
            client.connection.request("GET", path, headers=headers)
        wait_until_under_way(sandbox, clients)
        sandbox.process.send_signal(signal.SIGTERM)
        failures = []
        for number, client in enumerate(connections):
            try:
                answer = client.connection.getresponse()
                body = answer.read()
                if answer.status != 200 or not body.endswith(b"IEND\xaeB`\x82"):
                    failures.append(f"answer {number}: {answer.status}, {len(body)} bytes")
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"answer {number}: {error!r}")
        code = sandbox.process.wait(GRACE + 5)
        if code != 0:
            failures.append(f"the sandbox ended with {code}")
    print(f"stop with {clients} requests under way: {clients - len(failures)} answered, {len(failures)} failures")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    failures = under_load(arguments.clients, arguments.seconds) + all_under_way(arguments.clients)
    for failure in failures[:20]:
        print(f"FAILED: {failure}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
