"""Load test with many concurrent clients: no errors, no growth of memory, and a shutdown that loses no response.

Uses only the Python standard library.

    python3 tests/interop/load.py                 # 64 clients for 60 seconds
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

from sandbox import Client, NoResponse, Sandbox

# The maximum time in seconds that the sandbox waits for requests in flight when it shuts down.
GRACE = 10
# During shutdown, the sandbox waits longer than this, in seconds, for one more request on a reused connection.
LAST_REQUEST = 0.05
# The allowed growth of memory after the warm-up: a factor, and a constant in KiB.
GROWTH, SLACK_KIB = 1.10, 16 * 1024


class Worker(threading.Thread):
    """Generates and reads barcodes until the sandbox accepts no more requests."""

    def __init__(self, number, sandbox, token):
        super().__init__(daemon=True)
        self.number = number
        self.client = Client(sandbox, token)
        self.done, self.failure, self.shutdown_at = 0, None, None

    def run(self):
        kinds = ["QR", "Code128", "DataMatrix", "Aztec"]
        while self.failure is None:
            kind, value = kinds[self.done // 2 % len(kinds)], f"client {self.number} call {self.done}"
            try:
                _, image = self.client.generate(kind, value)
                self.done += 1
                read = [barcode["barcodeValue"] for barcode in self.client.recognize(kind, image)]
                if read != [value]:
                    self.failure = f"{kind} {value!r} was read as {read}"
                self.done += 1
            except NoResponse as error:
                if self.expects_response(error):
                    self.failure = str(error)
                return
            except Exception as error:
                self.failure = repr(error)

    def expects_response(self, error):
        """Returns whether the sandbox had to respond to the request.

        It must respond to every request sent before the shutdown and, on a reused connection, shortly after it.
        """
        if self.shutdown_at is None:
            return True
        margin = LAST_REQUEST if error.reused else 0
        return error.sent_at is not None and error.sent_at <= self.shutdown_at + margin


def memory_of(process):
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s*(\d+)", status.read())[1])


def under_load(clients, seconds):
    """Sends SIGTERM to the sandbox while all clients send requests."""
    with Sandbox() as sandbox:
        token = Client(sandbox).token
        workers = [Worker(number, sandbox, token) for number in range(clients)]
        for worker in workers:
            worker.start()
        memory, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(0.25, seconds / 20))
            memory.append(memory_of(sandbox.process))
        before = sum(worker.done for worker in workers)
        shutdown_at = time.monotonic()
        for worker in workers:
            worker.shutdown_at = shutdown_at
        sandbox.process.send_signal(signal.SIGTERM)
        code = sandbox.process.wait(GRACE + 5)
        took = time.monotonic() - shutdown_at
        for worker in workers:
            worker.join(30)
    failures = [f"client {worker.number}: {worker.failure}" for worker in workers if worker.failure]
    failures += [f"client {worker.number} is still running" for worker in workers if worker.is_alive()]
    if code != 0:
        failures.append(f"the sandbox exited with status {code}")
    third = len(memory) // 3
    early, late = statistics.median(memory[third : 2 * third]), statistics.median(memory[2 * third :])
    if late > early * GROWTH + SLACK_KIB:
        failures.append(f"memory grew from {early / 1024:.0f} MiB to {late / 1024:.0f} MiB")
    after = sum(worker.done for worker in workers) - before
    print(
        f"load: {clients} clients, {seconds:g} s, {before} requests ({before / seconds:.0f} per second), memory "
        f"{early / 1024:.0f} MiB, later {late / 1024:.0f} MiB (peak {max(memory) / 1024:.0f}); shutdown under load: {after} "
        f"more responses in {took:.1f} s, {len(failures)} failures"
    )
    return failures


def wait_until_in_flight(sandbox, clients):
    """Waits until the sandbox has received a request from each client. It lists requests as soon as they arrive."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{sandbox.admin_url}/requests") as response:
            requests = json.load(response)["requests"]
        if sum(request["operation"] == "Generate" for request in requests) == clients:
            return
    raise AssertionError(f"the sandbox did not receive all {clients} requests")


def all_in_flight(clients):
    """Sends SIGTERM to the sandbox while each client waits for a slow response."""
    with Sandbox() as sandbox:
        token = Client(sandbox).token
        connections = [Client(sandbox, token) for _ in range(clients)]
        headers = {"Authorization": f"Bearer {token}", "x-sandbox-fault": "delay=3s"}
        for number, client in enumerate(connections):
            path = f"{client.base}/barcode/generate/QR?data={number}"
            client.connection.request("GET", path, headers=headers)
        wait_until_in_flight(sandbox, clients)
        sandbox.process.send_signal(signal.SIGTERM)
        failures = []
        for number, client in enumerate(connections):
            try:
                response = client.connection.getresponse()
                body = response.read()
                if response.status != 200 or not body.endswith(b"IEND\xaeB`\x82"):
                    failures.append(f"response {number}: {response.status}, {len(body)} bytes")
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"response {number}: {error!r}")
        code = sandbox.process.wait(GRACE + 5)
        if code != 0:
            failures.append(f"the sandbox exited with status {code}")
    print(f"shutdown with {clients} requests in flight: {clients - len(failures)} completed, {len(failures)} failures")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    failures = under_load(arguments.clients, arguments.seconds) + all_in_flight(arguments.clients)
    for failure in failures[:20]:
        print(f"FAILED: {failure}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
