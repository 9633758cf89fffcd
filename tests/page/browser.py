"""A headless Chromium, driven over the DevTools protocol. Knows nothing of the page."""

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
    """The path of the browser, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One tab. What the console says and what is requested is kept in `console` and `requested`."""

    def __init__(self, *more):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [find_chromium(), *ARGUMENTS, *more, f"--user-data-dir={self.profile.name}", "about:blank"]
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
        """A command, and its answer. Events that come before it are noted."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._note(message.get("method"), message.get("params", {}))

    def _note(self, event, facts):
        if event == "Runtime.exceptionThrown":
            self.console.append(json.dumps(facts["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and facts["type"] in ("error", "warning", "assert"):
            self.console.append(json.dumps(facts["args"]))
        elif event == "Log.entryAdded" and facts["entry"]["level"] in ("error", "warning"):
            self.console.append(json.dumps(facts["entry"]))
        elif event == "Network.requestWillBeSent":
            self.requested.append(facts["request"]["url"])

    def run(self, script):
        """The value of an expression in the page, awaited."""
        answer = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
                           userGesture=True)
        assert "exceptionDetails" not in answer, f"{script}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait(self, script, what=None):
        """Waits until the expression is true, then says so."""
        return self._until(lambda: self.run(f"!!({script})"), what or script)

    @staticmethod
    def _until(condition, what, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            # The browser tells no event for every condition; this only spares the processor.
            time.sleep(0.02)
        raise AssertionError(f"waited {seconds} s for {what}")

    def open(self, url):
        self.send("Page.navigate", url=url)
        self.wait(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def key(self, key, code=None, text=None, modifiers=0):
        """One key, pressed and released."""
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
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.send("Emulation.setEmulatedMedia", features=[scheme, calm])

    def screenshot(self, path):
        answer = self.send("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        Path(path).write_bytes(base64.b64decode(answer["data"]))

    def accessibility_tree(self):
        return self.send("Accessibility.getFullAXTree")["nodes"]

    def _port(self):
        file = Path(self.profile.name, "DevToolsActivePort")
        lines = file.read_text().split() if file.exists() else []
        return int(lines[0]) if lines else None

    @staticmethod
    def _pages(port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            return [it for it in json.load(answer) if it["type"] == "page"]
