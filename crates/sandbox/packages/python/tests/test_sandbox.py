"""Tests the installed package: the program, the module and the pytest plugin."""

import base64
import json
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest

from barcode_cloud_sandbox import Sandbox, binary

HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def send(url, data=None, **headers):
    with HTTP.open(urllib.request.Request(url, data, headers), timeout=30) as response:
        return response.read()


def authorization(sandbox):
    form = {
        "grant_type": "client_credentials",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    token = json.loads(send(sandbox.token_url, urllib.parse.urlencode(form).encode()))
    return {"Authorization": f"Bearer {token['access_token']}"}


def test_a_generated_barcode_is_read_and_both_requests_are_counted(barcode_sandbox):
    headers = authorization(barcode_sandbox)
    image = send(f"{barcode_sandbox.base_url}/barcode/generate/QR?data=Hello", **headers)
    body = json.dumps({"fileBase64": base64.b64encode(image).decode()}).encode()
    headers["Content-Type"] = "application/json"
    found = json.loads(send(f"{barcode_sandbox.base_url}/barcode/scan-body", body, **headers))
    assert [barcode["barcodeValue"] for barcode in found["barcodes"]] == ["Hello"]

    assert barcode_sandbox.count() == 3
    assert barcode_sandbox.count(operation="Generate", query={"data": "Hello"}) == 1
    operations = [request["operation"] for request in barcode_sandbox.requests()]
    assert operations == ["token", "Generate", "ScanBase64"]


def test_an_injected_fault_fails_a_request(barcode_sandbox):
    barcode_sandbox.inject("status=503", operation="token")
    with pytest.raises(urllib.error.HTTPError, match="503"):
        authorization(barcode_sandbox)
    authorization(barcode_sandbox)


def test_a_rejected_admin_call_is_an_error_with_the_reason(barcode_sandbox):
    with pytest.raises(ValueError, match="Missing is not an operation"):
        barcode_sandbox.count(operation="Missing")


def test_options_are_passed_to_the_program_and_tls_is_trusted():
    with Sandbox("--seed", "1", "--tls") as first, Sandbox("--seed", "1") as second:
        assert first.base_url.startswith("https://")
        assert (first.client_id, first.client_secret) == (second.client_id, second.client_secret)
        assert first.count() == 0
        second.stop()
    with pytest.raises(urllib.error.URLError):
        send(second.page_url)


def test_an_invalid_option_is_an_error():
    with pytest.raises(RuntimeError, match="exit status 2"):
        Sandbox("--port", "none")


def test_a_sandbox_ends_with_the_process_that_started_it():
    code = "import barcode_cloud_sandbox as b, os; b.Sandbox(); os.abort()"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    # The sandbox inherits the standard error, so this returns when it has ended.
    process.communicate(timeout=60)
    assert process.returncode != 0


def test_the_program_is_installed():
    output = subprocess.run([binary(), "--help"], capture_output=True, check=True, text=True)
    assert "barcode-sandbox --port 8787" in output.stdout


def test_the_fixture_resets_the_sandbox_and_its_options_can_be_set(pytester):
    pytester.makepyfile(
        """
        import urllib.error
        import urllib.request

        import pytest


        @pytest.fixture(scope="session")
        def barcode_sandbox_options():
            return ["--seed", "1"]


        clients = set()


        @pytest.mark.parametrize("run", [1, 2])
        def test_starts_without_requests(barcode_sandbox, run):
            clients.add(barcode_sandbox.client_id)
            assert barcode_sandbox.count() == 0
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(barcode_sandbox.token_url, data=b"")
            assert barcode_sandbox.count() == 1
            assert len(clients) == 1
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
