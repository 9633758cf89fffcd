"""A running sandbox, and a plain HTTP client for it. Nothing but Python's own library.

`BARCODE` names the binary to start; by default that of the last `cargo build`.
"""

import http.client
import json
import os
import pathlib
import subprocess
import time
import urllib.parse
import uuid

WORKSPACE = pathlib.Path(__file__).resolve().parents[2]


def binary():
    target = os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target")
    return os.environ.get("BARCODE", str(pathlib.Path(target) / "debug" / "barcode"))


class Sandbox:
    """Started on entry, on a port of its own; stopped on exit."""

    def __init__(self, url_files=None):
        self.arguments = [binary(), "sandbox", "--json"]
        for url, path in (url_files or {}).items():
            self.arguments += ["--url-file", f"{url}={path}"]

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, text=True)
        about = json.loads(self.process.stdout.readline())
        self.base_url = about["base_url"]
        self.token_url = about["token_url"]
        self.client_id = about["client_id"]
        self.client_secret = about["client_secret"]
        self.admin_url = about["admin_url"]
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.process.stdout.close()


class Client:
    """One connection and one token. Not for several threads at a time."""

    def __init__(self, sandbox, token=None):
        address = urllib.parse.urlsplit(sandbox.base_url)
        self.base = address.path
        self.connection = http.client.HTTPConnection(address.netloc, timeout=60)
        self.token = token or self.ask_token(sandbox)

    def ask_token(self, sandbox):
        form = {
            "grant_type": "client_credentials",
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
        }
        path = urllib.parse.urlsplit(sandbox.token_url).path
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, urllib.parse.urlencode(form), headers)
        return json.loads(self.connection.getresponse().read())["access_token"]

    def call(self, method, path, query=None, body=None, headers=None):
        """Status, headers and body of the answer."""
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        known, sent = self.connection.sock is not None, None
        try:
            self.connection.request(method, url, body, headers)
            sent = time.monotonic()
            answer = self.connection.getresponse()
        except ConnectionError as error:
            raise Unanswered(repr(error), known, sent) from error
        return answer.status, answer.headers, answer.read()

    def generate(self, kind, data, **parameters):
        """Content type and picture; or the error's code and its message."""
        query = {"data": data} | parameters
        status, headers, body = self.call("GET", f"/barcode/generate/{kind}", query)
        if status == 200:
            return headers["content-type"], body
        raise Refused.of(status, body)

    def recognize(self, kind, picture):
        """The barcodes in a picture; or the error's code and its message."""
        boundary = uuid.uuid4().hex
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="{{}}"\r\n\r\n'
        body = part.format("barcodeType").encode() + kind.encode() + b"\r\n"
        body += part.format('file"; filename="picture').encode() + picture
        body += f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        status, _, body = self.call("POST", "/barcode/recognize-multipart", None, body, headers)
        if status == 200:
            return json.loads(body)["barcodes"]
        raise Refused.of(status, body)


class Unanswered(Exception):
    """The connection was refused or closed before an answer began: whether it had served before, when all was sent."""

    def __init__(self, error, known, sent):
        super().__init__(error)
        self.known, self.sent = known, sent


class Refused(Exception):
    """An error of the service: status, code, message."""

    @classmethod
    def of(cls, status, body):
        error = json.loads(body)["error"]
        return cls(status, error["code"], error["message"])

    def is_of_the_type(self):
        """Whether the sandbox, or the document, does not have the type."""
        _, code, message = self.args
        unknown = code == "errorNotSupportedBySandbox" or "is not valid for BarcodeType" in message
        return unknown and "'BarcodeType' errors:" in message
