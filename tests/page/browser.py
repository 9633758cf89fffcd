"""Controls a headless Chromium through the DevTools protocol. Independent of the page under test."""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
]


def find_chromium():
    """Returns the path of the browser, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """A browser with one tab. `console` collects its errors and warnings, `requested` the URLs that it requests."""

    def __init__(self, *arguments):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [find_chromium(), *ARGUMENTS, *arguments, f"--user-data-dir={self.profile.name}", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self._until(self._port, "the browser to start")
        pages = self._until(lambda: self._pages(port), "a tab")
        self.socket = websocket.create_connection(pages[0]["webSocketDebuggerUrl"], timeout=60)
        self.numbers = itertools.count(1)
        self.console, self.requested = [], []
        for domain in ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility"]:
            self.send(f"{domain}.enable")

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)
        self.profile.cleanup()

    def send(self, method, **parameters):
        """Sends a command and returns its result. Records the events that arrive first."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._record(message.get("method"), message.get("params", {}))

    def _record(self, event, details):
        if event == "Runtime.exceptionThrown":
            self.console.append(json.dumps(details["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning", "assert"):
            self.console.append(json.dumps(details["args"]))
        elif event == "Log.entryAdded" and details["entry"]["level"] in ("error", "warning"):
            self.console.append(json.dumps(details["entry"]))
        elif event == "Network.requestWillBeSent":
            self.requested.append(details["request"]["url"])

    def run(self, script):
        """Evaluates an expression in the page, awaits it, and returns its value."""
        reply = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
                          userGesture=True)
        assert "exceptionDetails" not in reply, f"{script}: {reply['exceptionDetails']}"
        return reply["result"].get("value")

    def wait(self, script, what=None):
        """Waits until the expression is true."""
        return self._until(lambda: self.run(f"!!({script})"), what or script)

    @staticmethod
    def _until(condition, what, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            # Not every condition has an event in the browser, so poll. The pause only saves CPU time.
            time.sleep(0.02)
        raise AssertionError(f"waited {seconds} s for {what}")

    def open(self, url):
        self.send("Page.navigate", url=url)
        self.wait(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def key(self, key, code=None, text=None, modifiers=0):
        """Presses and releases a key."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40}
        common = dict(key=key, code=code or key, modifiers=modifiers, windowsVirtualKeyCode=codes.get(key, 0))
        text = text or {"Enter": "\r", " ": " "}.get(key)
        self.send("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        self.send("Input.insertText", text=text)

    def view(self, width, height, dark=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        motion = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.send("Emulation.setEmulatedMedia", features=[scheme, motion])

    def screenshot(self, path):
        reply = self.send("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        Path(path).write_bytes(base64.b64decode(reply["data"]))

    def accessibility_tree(self):
        return self.send("Accessibility.getFullAXTree")["nodes"]

    def _port(self):
        file = Path(self.profile.name, "DevToolsActivePort")
        lines = file.read_text().split() if file.exists() else []
        return int(lines[0]) if lines else None

    @staticmethod
    def _pages(port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as response:
            return [target for target in json.load(response) if target["type"] == "page"]
