"""Starts a sandbox, and provides a plain HTTP client for it. Uses only the Python standard library.

Set `BARCODE` to the binary to start. The default is the one from the last `cargo build`.
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
    """A context manager that starts a sandbox on a free port and stops it on exit."""

    def __init__(self, url_files=None):
        self.arguments = [binary(), "sandbox", "--json"]
        for url, path in (url_files or {}).items():
            self.arguments += ["--url-file", f"{url}={path}"]

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, text=True)
        facts = json.loads(self.process.stdout.readline())
        self.base_url = facts["base_url"]
        self.token_url = facts["token_url"]
        self.client_id = facts["client_id"]
        self.client_secret = facts["client_secret"]
        self.admin_url = facts["admin_url"]
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
    """A client with one connection and one token. It is not thread-safe."""

    def __init__(self, sandbox, token=None):
        url = urllib.parse.urlsplit(sandbox.base_url)
        self.base = url.path
        self.connection = http.client.HTTPConnection(url.netloc, timeout=60)
        self.token = token or self.request_token(sandbox)

    def request_token(self, sandbox):
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
        """Sends a request and returns the status, headers and body of the response."""
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        reused, sent_at = self.connection.sock is not None, None
        try:
            self.connection.request(method, url, body, headers)
            sent_at = time.monotonic()
            response = self.connection.getresponse()
        except ConnectionError as error:
            raise NoResponse(repr(error), reused, sent_at) from error
        return response.status, response.headers, response.read()

    def generate(self, kind, data, **parameters):
        """Returns the content type and the image. Raises `ApiError` if the sandbox returns an error."""
        query = {"data": data} | parameters
        status, headers, body = self.call("GET", f"/barcode/generate/{kind}", query)
        if status == 200:
            return headers["content-type"], body
        raise ApiError.parse(status, body)

    def recognize(self, kind, image):
        """Returns the barcodes in an image. Raises `ApiError` if the sandbox returns an error."""
        boundary = uuid.uuid4().hex
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="{{}}"\r\n\r\n'
        body = part.format("barcodeType").encode() + kind.encode() + b"\r\n"
        body += part.format('file"; filename="image').encode() + image
        body += f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        status, _, body = self.call("POST", "/barcode/recognize-multipart", None, body, headers)
        if status == 200:
            return json.loads(body)["barcodes"]
        raise ApiError.parse(status, body)


class NoResponse(Exception):
    """The connection was refused, or closed before a response began.

    `reused` is whether the connection had carried a request before. `sent_at` is when the request had been sent
    completely, or None if it had not.
    """

    def __init__(self, error, reused, sent_at):
        super().__init__(error)
        self.reused, self.sent_at = reused, sent_at


class ApiError(Exception):
    """An error response of the service: status, code and message."""

    @classmethod
    def parse(cls, status, body):
        error = json.loads(body)["error"]
        return cls(status, error["code"], error["message"])

    def is_unsupported_type(self):
        """Returns whether the sandbox or the OpenAPI document does not support the barcode type."""
        _, code, message = self.args
        unknown = code == "errorNotSupportedBySandbox" or "is not valid for BarcodeType" in message
        return unknown and "'BarcodeType' errors:" in message
