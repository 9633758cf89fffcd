"""Starts the sandbox, a local emulator of the Aspose.BarCode Cloud API.

    with Sandbox() as sandbox:
        print(sandbox.base_url, sandbox.token_url, sandbox.client_id, sandbox.client_secret)
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.metadata import files
from typing import Any

__all__ = ["Sandbox", "binary"]


def binary() -> str:
    """Returns the path of the program that this package installed."""
    name = "barcode-sandbox.exe" if sys.platform == "win32" else "barcode-sandbox"
    for file in files("barcode-cloud-sandbox") or []:
        if file.name == name:
            return str(file.locate())
    raise FileNotFoundError(f"{name} is not among the installed files of barcode-cloud-sandbox")


class Sandbox:
    """A running sandbox, as a context manager. It also stops when this process ends.

    The arguments are options of the program, such as ``Sandbox("--seed", "1")``.
    ``barcode-sandbox --help`` lists them. By default, the sandbox listens on a free port of the
    loopback interface and has random credentials.
    """

    base_url: str
    token_url: str
    client_id: str
    client_secret: str
    #: The URL of the admin calls, such as ``/faults``.
    admin_url: str
    #: The URL of a page for browsers, with a live log of the requests.
    page_url: str
    #: The certificate for clients to trust, in PEM format, with the option ``--tls``.
    ca_certificate: str | None

    def __init__(self, *options: str) -> None:
        command = [binary(), "--json", "--exit-with-parent", *options]
        # The standard input stays open, because its end stops the sandbox on macOS and Windows.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the sandbox did not start; exit status {self._process.returncode}")
        started = json.loads(line)
        self.base_url = started["base_url"]
        self.token_url = started["token_url"]
        self.client_id = started["client_id"]
        self.client_secret = started["client_secret"]
        self.admin_url = started["admin_url"]
        self.page_url = started["page_url"]
        self.ca_certificate = started["ca_certificate"]
        context = ssl.create_default_context(cadata=self.ca_certificate)
        # Without the proxies of the environment.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops the sandbox. It waits at most nine seconds for requests in flight."""
        self._process.terminate()
        # Also waits for the process to end.
        self._process.communicate()

    def reset(self) -> None:
        """Returns to the state at the start: an empty request log, no faults, no revoked tokens."""
        self.admin("POST", "/reset")

    def count(self, **matcher: Any) -> int:
        """Returns how many requests were received that meet all conditions.

        For example, ``count(operation="Scan")`` or ``count(json={"$.encodeData.data": "A1"})``. The
        other conditions are ``method``, ``headers`` and ``query``.
        """
        count: int = self.admin("POST", "/requests/count", matcher)["count"]
        return count

    def requests(self) -> list[dict[str, Any]]:
        """Returns the last thousand requests, with their responses."""
        requests: list[dict[str, Any]] = self.admin("GET", "/requests")["requests"]
        return requests

    def inject(self, steps: str | list[dict[str, Any]], **conditions: Any) -> None:
        """Lets the next requests fail, such as ``inject("status=503, ok", operation="Scan")``."""
        self.admin("POST", "/faults", {"steps": steps, **conditions})

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Sends an admin call, such as ``admin("POST", "/tokens/revoke", {})``.

        Returns the JSON of the response, or None if it has no body.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.admin_url + path, data, headers, method=method)
        try:
            with self._opener.open(request, timeout=30) as response:
                return json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            raise ValueError(f"{method} {path}: {error.read().decode()}") from error
