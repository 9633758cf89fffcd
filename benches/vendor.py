"""The vendor's Python SDK, for the comparison in `run`. `facade.rs` does the same with the facade.

The first argument is the action and the second one a number of calls or a path. The URLs and the credentials are in
the environment. Prints one line of JSON.
"""

import concurrent.futures
import json
import os
import sys
import time

import aspose_barcode_cloud as sdk


def main():
    action, argument = sys.argv[1:]
    configuration = sdk.Configuration(
        client_id=os.environ["BARCODE_CLOUD_CLIENT_ID"],
        client_secret=os.environ["BARCODE_CLOUD_CLIENT_SECRET"],
        host=os.environ["BARCODE_CLOUD_BASE_URL"],
        token_url=os.environ["BARCODE_CLOUD_TOKEN_URL"],
    )
    client = sdk.ApiClient(configuration)
    print(json.dumps(ACTIONS[action](client, argument)))


def generate(client):
    body = sdk.GenerateParams(barcode_type=sdk.EncodeBarcodeType.QR, encode_data=sdk.EncodeData(data="Hello, world"))
    return len(sdk.GenerateApi(client).generate_body(body).read())


def succeeds(client):
    try:
        return generate(client) > 0
    except Exception:  # The SDK raises errors of several libraries.
        return False


def sequential(client, calls):
    """The CPU time of a call, in microseconds."""
    for _ in range(50):
        generate(client)
    cpu, wall = time.process_time(), time.monotonic()
    for _ in range(int(calls)):
        generate(client)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    return {"cpu_us": cpu * 1e6 / int(calls), "wall_us": wall * 1e6 / int(calls)}


def cold(client, callers):
    """Callers that all start without a token."""
    with concurrent.futures.ThreadPoolExecutor(int(callers)) as pool:
        return {"succeeded": sum(pool.map(succeeds, [client] * int(callers)))}


def revoked(client, calls):
    """Calls after the token was revoked, which the parent process does when it reads `ready`."""
    generate(client)
    print("ready", flush=True)
    sys.stdin.readline()
    return {"succeeded": sum(succeeds(client) for _ in range(int(calls)))}


def upload(client, path):
    """The growth of the peak of the memory during an upload, in MiB."""
    api = sdk.ScanApi(client)
    api.scan_multipart(b"\0" * 1024)
    before = peak()
    api.scan_multipart(path)
    return {"growth_mib": peak() - before}


def peak():
    """The peak of the resident memory in MiB."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


ACTIONS = {"sequential": sequential, "cold": cold, "revoked": revoked, "upload": upload}

main()
