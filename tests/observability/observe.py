"""Lets Prometheus scrape an example service, and checks its metrics and spans against OpenTelemetry's conventions.

With `--picture FILE`, sends requests for 75 seconds while the sandbox injects failures, and draws the dashboard of the
book from what Prometheus recorded.
"""

import argparse
import collections
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from opentelemetry.semconv._incubating.attributes import url_attributes
from opentelemetry.semconv.attributes import error_attributes, http_attributes, network_attributes, server_attributes
from opentelemetry.semconv.metrics import http_metrics

import dashboard

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from sandbox import Sandbox, binary  # noqa: E402

CONVENTIONAL = {
    value
    for module in [error_attributes, http_attributes, network_attributes, server_attributes, url_attributes]
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
}
# The conventions for HTTP client spans, and for the metric `http.client.request.duration`.
REQUIRED = {"http.request.method", "server.address", "server.port"}
REQUIRED_OF_SPANS = REQUIRED | {"url.full"}
INTEGERS = {"server.port", "http.response.status_code", "http.request.resend_count"}
# The attributes that this project defines, and those that tracing-opentelemetry adds to every span.
OWN = {"barcode_cloud.operation", "barcode_cloud.request_id", "endpoint", "client_id"}
ADDED = re.compile(r"code\.|thread\.|target$|busy_ns$|idle_ns$")
DURATION = "http_client_request_duration_seconds"


def wait_for(condition, what, seconds=30):
    """Returns the first true result of `condition`."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            sys.exit(f"observability: {what} did not happen within {seconds} s")
        time.sleep(0.05)
    return result


@contextlib.contextmanager
def running(command, **options):
    """Runs a program, and stops it on exit."""
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextlib.contextmanager
def service(sandbox, spans):
    """Runs the example service, which writes its spans to the file `spans`. Yields its address."""
    environment = os.environ | {
        "BARCODE_CLOUD_BASE_URL": sandbox.base_url,
        "BARCODE_CLOUD_TOKEN_URL": sandbox.token_url,
        "BARCODE_CLOUD_CLIENT_ID": sandbox.client_id,
        "BARCODE_CLOUD_CLIENT_SECRET": sandbox.client_secret,
    }
    program = pathlib.Path(binary()).parent / "examples" / "observability"
    with spans.open("wb") as output:
        with running([program], env=environment, stdout=output, stderr=subprocess.PIPE, text=True) as process:
            yield process.stderr.readline().strip()


@contextlib.contextmanager
def prometheus(folder, target):
    """Runs a Prometheus server that scrapes `target` each second. Yields a function that queries its API."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "127.0.0.1:%d" % free.getsockname()[1]
    scrape = {"job_name": "qr-service", "scrape_interval": "1s", "static_configs": [{"targets": [target]}]}
    # JSON is YAML too.
    (folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": [scrape]}))
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]

    def query(path, **parameters):
        try:
            with urllib.request.urlopen(f"http://{address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as reply:
                return json.load(reply)["data"]
        except (ConnectionError, urllib.error.URLError):
            return None

    with (folder / "log").open("wb") as log:
        with running([*command, f"--web.listen-address={address}"], stdout=log, stderr=log):
            wait_for(lambda: query("status/buildinfo"), "the start of Prometheus")
            yield query


def qr_code(address, data):
    """Requests a QR code of the service. Returns the status."""
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", "/qr?" + urllib.parse.urlencode({"data": data}))
    return connection.getresponse().status


def inject(sandbox, **script):
    """Adds a script of faults to the sandbox, or removes all of them if there are no arguments."""
    body = json.dumps(script).encode() if script else None
    headers = {"Content-Type": "application/json"}
    method = "POST" if script else "DELETE"
    request = urllib.request.Request(f"{sandbox.admin_url}/faults", body, headers, method=method)
    urllib.request.urlopen(request).close()


def check(condition, message):
    if not condition:
        sys.exit(f"observability: {message}")


def check_exposition(address):
    """Checks what the service exports."""
    with urllib.request.urlopen(f"http://{address}/metrics") as reply:
        text = reply.read().decode()
    lint = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    check(lint.returncode == 0 and not lint.stderr, f"promtool: {lint.stderr or lint.stdout}")
    # The library's own name and unit are those of the conventions, so the exporter derives this name from them.
    unit = {"s": "seconds"}[re.search("Unit: (.*)", conventional_metric()).group(1)]
    name = f"{http_metrics.HTTP_CLIENT_REQUEST_DURATION.replace('.', '_')}_{unit}"
    check(name == DURATION and f"# TYPE {name} histogram" in text, f"there is no histogram {name} in {text}")
    check(f"# HELP {name} {conventional_metric().splitlines()[0]}" in text, "the help text differs")


def conventional_metric():
    """Returns the documentation of the metric in the Python package of the conventions."""
    source = pathlib.Path(http_metrics.__file__).read_text()
    return re.search(r'HTTP_CLIENT_REQUEST_DURATION.*\n"""\n([^"]*)"""', source).group(1)


def check_metrics(query):
    """Checks the series that Prometheus scraped."""
    series = query("query", query=f"{DURATION}_count")["result"]
    for labels in [set(one["metric"]) for one in series]:
        labels -= {"__name__", "instance", "job"}
        conventional = {name.replace(".", "_") for name in CONVENTIONAL} | {"barcode_cloud_operation"}
        check(labels <= conventional, f"these labels are not conventional: {labels - conventional}")
        check({name.replace(".", "_") for name in REQUIRED} <= labels, f"labels are missing: {labels}")
        check(labels & {"http_response_status_code", "error_type"}, f"the outcome is missing: {labels}")
    slow = query("query", query=f"histogram_quantile(0.95, sum by (le) ({DURATION}_bucket))")["result"][0]["value"][1]
    check(0 < float(slow) < 10, f"the 95th percentile is {slow} s")


def read_spans(text):
    """Yields the name, the kind, the status and the attributes (name, type and value) of each exported span."""
    for span in re.split(r"^Span #\d+$", text, flags=re.MULTILINE)[1:]:
        fields = [re.search(rf"^\t{name} *: (.*)$", span, re.MULTILINE).group(1) for name in ["Name", "Kind", "Status"]]
        attributes = span.partition("\tAttributes:\n")[2].partition("\tEvents:")[0].partition("\tLinks:")[0]
        pattern = r"^\t\t ->  (\S+): (\w+)\((?:\w+\()?\"?(.*?)\"?\)+$"
        yield *fields, re.findall(pattern, attributes, re.MULTILINE)


def check_spans(text):
    """Checks the exported spans. Returns the values of `error.type`."""
    outcomes = collections.Counter()
    for name, kind, status, attributes in read_spans(text):
        attributes = [attribute for attribute in attributes if not ADDED.match(attribute[0])]
        types = {key: value_type for key, value_type, _ in attributes}
        values = {key: value for key, _, value in attributes}
        check(len(types) == len(attributes), f"{name}: an attribute occurs twice: {attributes}")
        check(set(types) <= CONVENTIONAL | OWN, f"{name}: not conventional: {set(types) - CONVENTIONAL - OWN}")
        check(REQUIRED_OF_SPANS <= set(types), f"{name}: missing: {REQUIRED_OF_SPANS - set(types)}")
        wrong = {key for key, value_type in types.items() if (value_type == "I64") != (key in INTEGERS)}
        check(not wrong, f"{name}: wrong types: {wrong}")
        check(kind == "Client", f"{name}: the kind is {kind}")
        check(name.startswith(values["http.request.method"] + " "), f"{name}: the method is missing")
        check(status.startswith("Error") == ("error.type" in values), f"{name}: {status} {values}")
        template = values.get("url.template")
        check(not template or values["url.full"].endswith(template), f"{name}: {values['url.full']} {template}")
        outcomes[values.get("error.type", "")] += 1
    return outcomes


def check_all(sandbox, address, spans, query):
    """Sends requests with known outcomes, and checks what they left behind."""
    for fault in ["ok", "status=503", "status=400", "reset-in-body", "html", "ok"]:
        inject(sandbox, steps=fault)
        qr_code(address, "Hello")
    counts = f'sum by (error_type, http_response_status_code) ({DURATION}_count)'
    expected = {("", "200"): 3, ("400", "400"): 1, ("transport", "200"): 1, ("invalid_response", "200"): 1}

    def scraped():
        found = {}
        for series in query("query", query=counts)["result"]:
            labels = series["metric"]
            key = labels.get("error_type", ""), labels.get("http_response_status_code", "")
            found[key] = int(series["value"][1])
        return found == expected

    wait_for(scraped, f"the scrape of {expected}")
    check_exposition(address)
    check_metrics(query)
    resent = query("query", query="sum(barcode_cloud_resent_requests_total)")["result"][0]["value"][1]
    check(resent == "1", f"{resent} requests were resent")
    tokens = query("query", query="barcode_cloud_auth_token_requests_total")["result"][0]["value"][1]
    check(tokens == "1", f"{tokens} tokens were requested")
    outcomes = check_spans(spans.read_text())
    # One of the spans is that of the token request.
    check(outcomes == {"": 4, "400": 1, "transport": 1, "invalid_response": 1}, f"the spans are {outcomes}")


def draw(sandbox, address, query, file):
    """Sends requests while the sandbox injects failures, and draws their metrics."""
    phases = [
        (20, None),
        (15, {"steps": "status=503", "probability": 0.15, "seed": 1}),
        (10, None),
        (15, {"steps": "delay=400ms; status=500", "probability": 0.2, "seed": 1}),
        (15, None),
    ]
    stop = threading.Event()

    def send():
        while not stop.wait(0.2):
            qr_code(address, "Hello")

    senders = [threading.Thread(target=send) for _ in range(5)]
    started = time.time()
    for sender in senders:
        sender.start()
    for seconds, script in phases:
        inject(sandbox)
        if script:
            inject(sandbox, **script)
        time.sleep(seconds)
    stop.set()
    for sender in senders:
        sender.join()
    # The rates of the first 5 seconds are of fewer scrapes than the others.
    span = {"start": started + 5, "end": time.time(), "step": 1}
    file.write_text(dashboard.draw(lambda promql: query("query_range", query=promql, **span)["result"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=pathlib.Path, metavar="FILE", help="draw the dashboard of the book")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        spans = folder / "spans"
        with Sandbox() as sandbox, service(sandbox, spans) as address, prometheus(folder, address) as query:
            if arguments.picture:
                draw(sandbox, address, query, arguments.picture)
            else:
                check_all(sandbox, address, spans, query)
    print("observability: ok")


if __name__ == "__main__":
    main()
