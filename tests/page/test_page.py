"""Tests the sandbox's page in headless Chromium.

    python3 tests/page/test_page.py [path of the `barcode` binary]

If PAGE_SCREENSHOTS is set, saves screenshots of the page to that directory.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from browser import Browser, find_chromium

PROGRAM = sys.argv.pop() if len(sys.argv) > 1 else "target/debug/barcode"
SCREENSHOTS = os.environ.get("PAGE_SCREENSHOTS")
# The file axe.min.js of axe-core.
AXE = os.environ.get("PAGE_AXE")

# The accessibility roles of interactive elements, which must have an accessible name.
CONTROLS = {"button", "link", "textbox", "combobox", "spinbutton", "checkbox", "ColorWell", "DisclosureTriangle",
            "searchbox", "radio", "slider"}


def wait_for_first_image(browser):
    try:
        browser.wait("document.getElementById('picture')?.naturalWidth > 0", "the first image")
    except AssertionError as error:
        shown = browser.run("document.body.innerText")
        raise AssertionError(f"{error}; the console: {browser.console}; the page: {shown}") from error


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = subprocess.Popen([PROGRAM, "sandbox", "--json"], stdout=subprocess.PIPE)
        cls.addClassCleanup(cls.stop_program)
        cls.facts = json.loads(cls.program.stdout.readline())
        cls.origin = cls.facts["page_url"].removesuffix("/")
        image = cls.fetch("/barcode/generate/QR?" + urllib.parse.urlencode(
            {"data": "dropped", "imageWidth": 400, "imageHeight": 400, "imageFormat": "Jpeg"}))
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.image_path = str(Path(cls.folder.name, "dropped.jpeg"))
        Path(cls.image_path).write_bytes(image)
        # A Motion JPEG file is a sequence of JPEG images, so this file makes the camera see the same barcode.
        video = Path(cls.folder.name, "camera.mjpeg")
        video.write_bytes(image)
        cls.browser = Browser(f"--use-file-for-fake-video-capture={video}")
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def stop_program(cls):
        cls.program.terminate()
        cls.program.wait(20)
        cls.program.stdout.close()

    @classmethod
    def token(cls):
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": cls.facts["client_id"],
                                       "client_secret": cls.facts["client_secret"]}).encode()
        with urllib.request.urlopen(cls.facts["token_url"], form) as response:
            return json.load(response)["access_token"]

    @classmethod
    def fetch(cls, path):
        request = urllib.request.Request(cls.facts["base_url"] + path,
                                         headers={"Authorization": f"Bearer {cls.token()}"})
        with urllib.request.urlopen(request) as response:
            return response.read()

    def setUp(self):
        self.browser.view(1280, 900)
        self.browser.console.clear()
        self.browser.requested.clear()
        self.browser.open("about:blank")
        self.browser.open(self.origin + "/")
        wait_for_first_image(self.browser)

    def tearDown(self):
        self.browser.run("0")
        self.assertEqual(self.browser.console, [])
        foreign = [url for url in self.browser.requested
                   if not url.startswith((self.origin + "/", "blob:" + self.origin, "data:", "about:"))]
        self.assertEqual(foreign, [])

    def run_js(self, script):
        return self.browser.run(script)

    def wait(self, script):
        return self.browser.wait(script)

    def text(self, element):
        return self.run_js(f"document.getElementById('{element}').textContent")

    def fill(self, element, value):
        self.run_js(f"""(() => {{ const field = document.getElementById('{element}'); field.value = {json.dumps(value)};
            for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, {{ bubbles: true }})); }})()""")

    def drop(self, path):
        data = {"items": [], "files": [path], "dragOperationsMask": 1}
        self.run_js("document.getElementById('drop').scrollIntoView({ block: 'center' })")
        position = self.run_js("""(() => { const box = document.getElementById('drop').getBoundingClientRect();
            return { x: box.x + 20, y: box.y + 20 }; })()""")
        for kind in ["dragEnter", "dragOver", "drop"]:
            self.browser.send("Input.dispatchDragEvent", type=kind, data=data, **position)

    def test_the_generated_image_is_updated_while_the_form_is_filled_in(self):
        first = self.run_js("document.getElementById('picture').src")
        self.fill("generate-data", "something else, and longer than before")
        self.wait(f"document.getElementById('picture').src !== '{first}'")
        self.wait("document.getElementById('picture').alt.includes('something else')")
        self.fill("generate-imageFormat", "Svg")
        self.wait("document.getElementById('generate-status').textContent.includes('svg')")
        self.assertIn("imageFormat=Svg", self.text("request-line"))

    def test_types_and_formats_match_the_openapi_document(self):
        document = json.loads(self.fetch("/barcode/swagger/spec"))["components"]["schemas"]
        options = "[...document.getElementById('{}').options].map((option) => option.value).filter(Boolean)"
        for element, schema in [("generate-barcodeType", "EncodeBarcodeType"),
                                ("generate-imageFormat", "BarcodeImageFormat"),
                                ("read-barcodeType", "DecodeBarcodeType")]:
            self.assertEqual(self.run_js(options.format(element)), document[schema]["enum"])
        names = set(self.run_js("[...new FormData(document.getElementById('generate-form')).keys()]"))
        self.assertIn("qrErrorLevel", names)
        self.assertNotIn("pdf417Columns", names)

    def test_errors_show_the_message_of_the_service_and_the_request_id(self):
        self.fill("generate-barcodeType", "EAN13")
        self.wait("document.getElementById('generate-problem').textContent.includes('request')")
        shown = self.text("generate-problem")
        with urllib.request.urlopen(self.facts["admin_url"] + "/requests") as response:
            last = [request for request in json.load(response)["requests"] if request["status"] == 400][-1]
        self.assertIn(last["id"], shown)
        self.assertIn("Field name: 'Data'", shown)
        self.assertTrue(self.run_js("document.getElementById('generate-figure').hidden"))
        # The browser logs an error for every response with a status of 400 or above.
        self.browser.console = [line for line in self.browser.console if "status of 400" not in line]

    def test_a_dropped_image_is_read_and_its_region_is_drawn_over_it(self):
        self.drop(self.image_path)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.assertIn("dropped", self.text("found"))
        drawn = self.run_js("""(() => {
            const box = document.querySelector('#stage polygon').getBoundingClientRect();
            const image = document.getElementById('read-picture');
            const frame = image.getBoundingClientRect();
            const scale = frame.width / image.naturalWidth;
            return [box.left - frame.left, box.top - frame.top, box.width, box.height].map((length) => length / scale); })()""")
        points = self.run_js("""document.querySelector('#stage polygon').getAttribute('points')""")
        corners = [tuple(float(number) for number in pair.split(",")) for pair in points.split()]
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        width, height = max(x for x, _ in corners) - left, max(y for _, y in corners) - top
        for actual, expected in zip(drawn, [left, top, width, height]):
            self.assertAlmostEqual(actual, expected, delta=6)
        # The image is 400 pixels wide, and the symbol fills most of it.
        self.assertTrue(left < 100 and width > 200, points)

    def test_selecting_a_type_recognizes_instead_of_scanning(self):
        self.drop(self.image_path)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.fill("read-barcodeType", "Code128")
        self.wait("document.getElementById('read-status').textContent.startsWith('No barcode')")

    def test_the_camera_image_is_read(self):
        self.wait("!document.getElementById('camera').hidden")
        self.run_js("document.getElementById('camera').click()")
        self.wait("document.getElementById('video').videoWidth > 0 && document.activeElement.id === 'capture'")
        self.run_js("document.getElementById('capture').click()")
        self.wait("document.getElementById('found').textContent.includes('dropped')")
        self.assertTrue(self.run_js("document.getElementById('viewfinder').hidden"))

    def test_credentials_are_shown_and_can_be_copied(self):
        self.assertEqual(self.text("BARCODE_CLOUD_CLIENT_ID"), self.facts["client_id"])
        self.assertEqual(self.text("BARCODE_CLOUD_CLIENT_SECRET"), self.facts["client_secret"])
        self.assertEqual(self.text("BARCODE_CLOUD_BASE_URL"), self.facts["base_url"])
        self.assertEqual(self.text("BARCODE_CLOUD_TOKEN_URL"), self.facts["token_url"])
        self.browser.send("Browser.grantPermissions", origin=self.origin,
                          permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.browser.send("Page.bringToFront")
        self.run_js("document.querySelector('[aria-label=\"Copy the client secret\"]').click()")
        self.wait("document.getElementById('copied').textContent.includes('Copied the client secret')")
        self.assertEqual(self.run_js("navigator.clipboard.readText()"), self.facts["client_secret"])

    def copy_with(self, button):
        self.browser.send("Browser.grantPermissions", origin=self.origin,
                          permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.browser.send("Page.bringToFront")
        self.run_js(f"document.getElementById('{button}').click()")
        self.wait(f"document.getElementById('{button}').textContent === 'Copied'")
        return self.run_js("navigator.clipboard.readText()")

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_the_copied_variables_and_request_run_in_a_shell(self):
        script = "set -eu\n" + self.copy_with("copy-exports") + self.copy_with("copy-request")
        with tempfile.TemporaryDirectory() as folder:
            environment = {"PATH": os.environ["PATH"]}
            subprocess.run(["sh", "-c", script], cwd=folder, env=environment, check=True, timeout=60)
            self.assertEqual(Path(folder, "barcode").read_bytes()[:4], b"\x89PNG")

    def test_the_log_shows_live_requests_without_secrets(self):
        self.run_js("document.getElementById('forget').click()")
        self.wait("document.getElementById('entries').children.length === 0")
        self.fetch("/barcode/generate/Code128?data=from+elsewhere")
        self.wait("document.getElementById('entries').textContent.includes('/v4.0/barcode/generate/Code128')")
        self.run_js("document.querySelectorAll('#entries details').forEach((details) => (details.open = true))")
        self.wait("document.getElementById('entries').textContent.includes('from elsewhere')")
        shown = self.text("entries")
        self.assertIn("[redacted]", shown)
        self.assertNotIn(self.facts["client_secret"], shown)
        self.assertNotIn("eyJ", shown)

    def test_the_log_shows_a_warning_if_data_is_lost(self):
        self.fetch("/barcode/generate/Code39?data=Aspose")
        self.wait("document.getElementById('entries').textContent.includes('warning')")
        self.run_js("document.querySelectorAll('#entries details').forEach((details) => (details.open = true))")
        self.wait("document.getElementById('entries').textContent.includes('Code39 cannot encode')")

    def test_a_paused_log_holds_back_new_requests(self):
        self.run_js("document.getElementById('pause').click()")
        before = self.run_js("document.getElementById('entries').children.length")
        self.fetch("/barcode/generate/QR?data=held")
        self.wait("document.getElementById('log-status').textContent.includes('more')")
        self.assertEqual(self.run_js("document.getElementById('entries').children.length"), before)
        self.run_js("document.getElementById('pause').click()")
        self.wait(f"document.getElementById('entries').children.length > {before}")

    def open_reference(self):
        self.run_js("document.getElementById('open-reference').click()")
        self.wait("document.querySelectorAll('#swagger .opblock').length === 9")

    def test_the_reference_can_send_a_generate_request(self):
        self.open_reference()
        block = "#operations-Generate-Generate"
        self.run_js(f"document.querySelector('{block} .opblock-summary-control').click()")
        self.wait(f"document.querySelector('{block} .try-out__btn')")
        self.run_js(f"document.querySelector('{block} .try-out__btn').click()")
        field = f"{block} tr[data-param-name=data] input"
        self.wait(f"document.querySelector('{field}')")
        self.run_js(f"document.querySelector('{field}').focus()")
        self.browser.type("tried")
        # Swagger UI reads a text field only after a delay, or when it loses the focus.
        self.browser.key("Tab")
        self.run_js(f"document.querySelector('{block} .execute').click()")
        self.wait(f"document.querySelector('{block} .live-responses-table tbody .response-col_status')?.textContent"
                  ".includes('200')")
        self.wait(f"document.querySelector('{block} .live-responses-table img')?.naturalWidth > 0")
        self.wait("document.getElementById('entries').textContent.includes('Generate')")
        self.wait(f"document.querySelector('{block} .live-responses-table img').alt")
        self.named_roles()
        if SCREENSHOTS:
            for name, width, dark in [("reference", 1280, False), ("reference-dark", 1280, True)]:
                self.browser.view(width, 900, dark)
                self.browser.screenshot(Path(SCREENSHOTS, f"{name}.png"))

    def press_tab_until(self, condition, limit=60):
        for _ in range(limit):
            self.browser.key("Tab")
            if self.run_js(condition):
                return
        self.fail(f"not reached with the Tab key: {condition}")

    def test_the_page_can_be_used_with_the_keyboard_only(self):
        self.browser.send("Page.bringToFront")
        self.browser.key("Tab")
        self.assertEqual(self.run_js("document.activeElement.className"), "skip")
        self.browser.key("Enter")
        self.press_tab_until("document.activeElement.id === 'copy-exports'")
        self.press_tab_until("document.activeElement.id === 'generate-data'")
        self.assertNotEqual(self.run_js("getComputedStyle(document.activeElement).outlineStyle"), "none")
        self.browser.type(" by keyboard")
        self.wait("document.getElementById('picture').alt.includes('by keyboard')")
        self.press_tab_until("document.activeElement.id === 'read-it'")
        self.browser.key("Enter")
        self.wait("document.getElementById('found').textContent.includes('by keyboard')")
        self.press_tab_until("document.activeElement.id === 'file'")
        self.press_tab_until("document.activeElement.id === 'pause'")
        self.press_tab_until("document.activeElement.id === 'open-reference'")
        self.browser.key(" ")
        self.wait("document.querySelectorAll('#swagger .opblock').length === 9")

    def named_roles(self):
        """Checks that every control and image has an accessible name, and returns all roles on the page."""
        nodes = [node for node in self.browser.accessibility_tree() if not node["ignored"]]
        value = lambda node, key: node.get(key, {}).get("value")
        nameless = [node for node in nodes if value(node, "role") in CONTROLS | {"image", "region", "log"}
                    and not value(node, "name")]
        self.assertEqual([(value(node, "role"), node.get("properties")) for node in nameless], [])
        return {value(node, "role") for node in nodes}

    def test_every_control_and_image_has_an_accessible_name(self):
        self.drop(self.image_path)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.run_js("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        roles = self.named_roles()
        self.assertLessEqual({"banner", "main", "navigation", "contentinfo", "region", "log", "status"}, roles)

    def test_the_page_does_not_scroll_horizontally_on_a_phone(self):
        self.browser.view(360, 740)
        self.drop(self.image_path)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.run_js("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        self.open_reference()
        width = self.run_js("document.documentElement.scrollWidth")
        self.assertLessEqual(width, 360)

    def click(self, element):
        self.run_js(f"document.getElementById('{element}').click()")

    def admin(self, method, path, body=None):
        request = urllib.request.Request(self.facts["admin_url"] + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read() or "null")

    def status_of(self, path):
        try:
            self.fetch(path)
            return 200
        except urllib.error.HTTPError as error:
            return error.code

    def test_a_fault_can_be_added_and_removed(self):
        # The page's own requests must not use up the fault.
        self.fill("fault-operation", "Scan")
        self.fill("fault-times", "2")
        self.click("fault-add")
        self.wait("document.querySelectorAll('#faults li').length === 1")
        self.assertIn("status=503", self.text("faults"))
        self.assertIn("Scan, 2 times", self.text("faults"))
        self.assertEqual(self.status_of("/barcode/scan?fileUrl=x:y"), 503)
        self.wait("document.getElementById('faults').textContent.includes('once')")
        self.run_js("document.querySelector('#faults button').click()")
        self.wait("document.querySelectorAll('#faults li').length === 0")
        self.assertEqual(self.status_of("/barcode/scan?fileUrl=x:y"), 400)

        self.fill("fault-choice", "custom")
        self.fill("fault-steps", "status=402; code=errorQuota, explode")
        self.click("fault-add")
        self.wait("document.getElementById('control-problem').textContent.includes('no such fault')")
        self.fill("fault-steps", "status=402; code=errorQuota")
        self.fill("fault-times", "forever")
        self.click("fault-add")
        self.wait("document.getElementById('faults').textContent.includes('errorQuota')")
        self.assertEqual(self.text("control-problem"), "")
        self.assertEqual(self.status_of("/barcode/scan?fileUrl=x:y"), 402)
        self.click("fault-clear")
        self.wait("document.querySelectorAll('#faults li').length === 0")
        self.assertEqual(self.admin("GET", "/faults")["scripts"], [])
        self.browser.console = [line for line in self.browser.console if "status of 400" not in line]

    def test_tokens_can_be_revoked_and_clients_added(self):
        token = self.token()
        self.click("revoke")
        self.wait("document.getElementById('control-status').textContent.includes('revoked')")
        request = urllib.request.Request(self.facts["base_url"] + "/barcode/generate/QR?data=x",
                                         headers={"Authorization": f"Bearer {token}"})
        with self.assertRaises(urllib.error.HTTPError) as rejected:
            urllib.request.urlopen(request)
        self.assertEqual(rejected.exception.code, 401)
        rejected.exception.close()
        # The page obtains a new token.
        self.fill("generate-data", "after the revocation")
        self.wait("document.getElementById('picture').alt.includes('after the revocation')")
        self.browser.console = [line for line in self.browser.console if "status of 401" not in line]

        self.fill("new-client-id", "another client")
        self.fill("new-client-secret", "another secret")
        self.click("client-add")
        self.wait("document.getElementById('BARCODE_CLOUD_CLIENT_ID').textContent === 'another client'")
        self.fill("generate-data", "as another client")
        self.wait("document.getElementById('picture').alt.includes('as another client')")
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": "another client",
                                       "client_secret": "another secret"}).encode()
        with urllib.request.urlopen(self.facts["token_url"], form) as response:
            self.assertEqual(response.status, 200)
        self.click("reset")
        self.wait("document.getElementById('BARCODE_CLOUD_CLIENT_ID')?.textContent"
                  f" === '{self.facts['client_id']}'")
        wait_for_first_image(self.browser)

    def test_the_log_can_be_filtered_and_leaves_out_the_requests_of_the_page(self):
        self.admin("DELETE", "/requests")
        self.browser.open("about:blank")
        self.browser.open(self.origin + "/")
        wait_for_first_image(self.browser)
        self.assertEqual(self.text("entries"), "", "loading the page is not shown")
        self.click("forget")
        self.wait("document.getElementById('log-status').textContent === 'Cleared.'")
        self.fill("generate-data", "by the page")
        self.wait("document.getElementById('picture').alt.includes('by the page')")
        self.fetch("/barcode/generate/QR?data=by+another+program")
        self.assertEqual(self.status_of("/barcode/generate/EAN13?data=wrong"), 400)
        self.wait("document.getElementById('entries').textContent.includes('EAN13')")
        shown = self.text("entries")
        self.assertRegex(shown, r"\d+\.\d ms")
        self.assertIn("Field name: 'Data'", shown)
        paths = """[...document.querySelectorAll('#entries .path')].map((path) => path.textContent)"""
        operations = ["/barcode/generate/EAN13", "/connect/token", "/barcode/generate/QR", "/connect/token"]
        self.assertEqual([path.split("/v4.0")[-1].split(" ")[-1] for path in self.run_js(paths)], operations)
        self.fill("log-outcome", "failed")
        self.assertEqual(len(self.run_js(paths)), 1)
        self.fill("log-outcome", "")
        self.fill("log-filter", "ANOTHER program")
        self.assertEqual(len(self.run_js(paths)), 1)
        self.fill("log-filter", "no such text")
        self.assertIn("No request matches", self.text("log-status"))
        self.fill("log-filter", "")
        self.click("log-own")
        self.assertGreater(len(self.run_js(paths)), len(operations))
        self.run_js("document.querySelectorAll('#entries details').forEach((details) => (details.open = true))")
        self.wait("document.getElementById('entries').textContent.includes('errorInvalidInputData')")

    def test_the_preview_stays_in_view_while_the_form_is_filled_in(self):
        self.run_js("document.querySelectorAll('#generate details').forEach((details) => (details.open = true))")
        for width, height in [(1440, 900), (768, 1024), (390, 844)]:
            self.browser.view(width, height)
            self.run_js("[...document.querySelectorAll('#generate-form select, #generate-form input')]"
                        ".findLast((control) => control.checkVisibility()).scrollIntoView({ block: 'end' })")
            box = self.run_js("""(() => { const box = document.getElementById('picture').getBoundingClientRect();
                return [box.top, box.bottom, innerHeight]; })()""")
            self.assertTrue(0 <= box[0] < box[1] <= box[2], f"{width}: {box}")

    def test_types_that_this_build_cannot_write_are_disabled(self):
        options = self.run_js("""[...document.getElementById('generate-barcodeType').options]
            .map((option) => [option.value, option.disabled, option.textContent])""")
        for name, disabled, text in options:
            self.assertEqual(text, f"{name} (not in this build)" if disabled else name)
            status = self.status_of(f"/barcode/generate/{name}?data=1")
            if disabled:
                self.assertEqual(status, 400, name)
        disabled = {name for name, disabled, _ in options if disabled}
        self.assertNotIn("QR", disabled)
        self.assertTrue(disabled, "some types need another license in every build")

    def test_a_tiff_is_previewed(self):
        self.fill("generate-imageFormat", "Tiff")
        self.wait("document.getElementById('generate-status').textContent.includes('tiff')")
        self.assertIn("The preview is a PNG", self.text("generate-status"))
        self.assertGreater(self.run_js("document.getElementById('picture').naturalWidth"), 0)
        self.assertFalse(self.run_js("document.getElementById('picture').hidden"))
        self.assertEqual(self.run_js("document.getElementById('download').download"), "QR.tiff")
        addresses = self.run_js("['download', 'picture'].map((id) => document.getElementById(id))"
                                ".map((shown) => shown.href ?? shown.src)")
        self.assertNotEqual(*addresses)
        self.click("read-it")
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.assertFalse(self.run_js("document.getElementById('stage').hidden"))

    def test_a_number_does_not_cover_a_small_barcode(self):
        small = Path(self.folder.name, "small.png")
        small.write_bytes(self.fetch("/barcode/generate/QR?data=1"))
        self.drop(str(small))
        self.wait("document.querySelectorAll('#stage .badge').length === 1")
        for width in [1440, 390]:
            self.browser.view(width, 900)
            overlap = self.run_js("""(() => {
                const [code, badge] = ['polygon', '.badge'].map((part) =>
                    document.querySelector('#stage ' + part).getBoundingClientRect());
                return Math.max(0, badge.right - code.left) * Math.max(0, badge.bottom - code.top)
                    / (code.width * code.height); })()""")
            self.assertLess(overlap, 0.05, width)

    def test_labels_are_plain_english(self):
        labels = self.run_js("[...document.querySelectorAll('#generate label, #read label')]"
                             ".map((label) => label.textContent)")
        self.assertLessEqual({"QR ECI encoding", "PDF417 error level", "Code 128 encode mode"}, set(labels))
        for label in labels:
            self.assertNotRegex(label, r"[a-z][A-Z]|\bQr\b|Pdf|_")

    @unittest.skipUnless(AXE, "axe-core is not installed")
    def test_axe_finds_nothing(self):
        self.drop(self.image_path)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.admin("POST", "/faults", {"steps": "status=503", "operation": "Scan"})
        self.assertEqual(self.status_of("/barcode/generate/EAN13?data=wrong"), 400)
        self.wait("document.querySelectorAll('#faults li').length === 1")
        self.wait("document.getElementById('entries').textContent.includes('EAN13')")
        self.run_js("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        self.run_js(Path(AXE).read_text() + "; 0")
        for width, dark in [(1440, False), (768, False), (390, False), (1440, True), (390, True)]:
            self.browser.view(width, 900, dark)
            found = self.run_js("""axe.run().then(({ violations }) =>
                violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 200))]))""")
            self.assertEqual(found, [], f"{width} {dark}")
            self.assertLessEqual(self.run_js("document.documentElement.scrollWidth"), width)
        self.admin("DELETE", "/faults")

    @unittest.skipUnless(SCREENSHOTS, "PAGE_SCREENSHOTS is not set")
    def test_screenshots(self):
        self.drop(self.image_path)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.fetch("/barcode/generate/QR?data=x")
        self.status_of("/barcode/generate/EAN13?data=wrong")
        self.admin("POST", "/faults", {"steps": "status=503; retry-after=5, ok", "operation": "Scan"})
        for name, width, dark in [("wide-light", 1440, False), ("wide-dark", 1440, True), ("tablet", 768, False),
                                  ("phone", 390, False)]:
            self.browser.view(width, 900, dark)
            self.browser.screenshot(Path(SCREENSHOTS, f"{name}.png"))
        self.admin("DELETE", "/faults")


if __name__ == "__main__":
    if not find_chromium():
        print("skipped: Chromium is not installed")
        sys.exit(0)
    unittest.main(verbosity=2)
