"""The sandbox's page in headless Chromium.

    python3 tests/page/test_page.py [path of the program `barcode`]

Pictures of the page are left in PAGE_SCREENSHOTS, where that is set.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

from browser import Browser, find_chromium

PROGRAM = sys.argv.pop() if len(sys.argv) > 1 else "target/debug/barcode"
SCREENSHOTS = os.environ.get("PAGE_SCREENSHOTS")

# Roles that a person works with, and that must tell what they are.
CONTROLS = {"button", "link", "textbox", "combobox", "spinbutton", "checkbox", "ColorWell", "DisclosureTriangle",
            "searchbox", "radio", "slider"}


def ready(browser):
    try:
        browser.wait("document.getElementById('picture')?.naturalWidth > 0", "the first picture")
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
        picture = cls.fetch("/barcode/generate/QR?" + urllib.parse.urlencode(
            {"data": "dropped", "imageWidth": 400, "imageHeight": 400, "imageFormat": "Jpeg"}))
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.picture = str(Path(cls.folder.name, "dropped.jpeg"))
        Path(cls.picture).write_bytes(picture)
        # Motion JPEG is one JPEG after the other: the camera sees the same barcode.
        film = Path(cls.folder.name, "camera.mjpeg")
        film.write_bytes(picture)
        cls.browser = Browser(f"--use-file-for-fake-video-capture={film}")
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
        with urllib.request.urlopen(cls.facts["token_url"], form) as answer:
            return json.load(answer)["access_token"]

    @classmethod
    def fetch(cls, path):
        request = urllib.request.Request(cls.facts["base_url"] + path,
                                         headers={"Authorization": f"Bearer {cls.token()}"})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def setUp(self):
        self.browser.view(1280, 900)
        self.browser.console.clear()
        self.browser.requested.clear()
        self.browser.open("about:blank")
        self.browser.open(self.origin + "/")
        ready(self.browser)

    def tearDown(self):
        self.browser.run("0")
        self.assertEqual(self.browser.console, [])
        foreign = [it for it in self.browser.requested
                   if not it.startswith((self.origin + "/", "blob:" + self.origin, "data:", "about:"))]
        self.assertEqual(foreign, [])

    def run_js(self, script):
        return self.browser.run(script)

    def wait(self, script):
        return self.browser.wait(script)

    def text(self, element):
        return self.run_js(f"document.getElementById('{element}').textContent")

    def fill(self, element, value):
        self.run_js(f"""(() => {{ const it = document.getElementById('{element}'); it.value = {json.dumps(value)};
            for (const name of ['input', 'change']) it.dispatchEvent(new Event(name, {{ bubbles: true }})); }})()""")

    def drop(self, path):
        data = {"items": [], "files": [path], "dragOperationsMask": 1}
        self.run_js("document.getElementById('drop').scrollIntoView({ block: 'center' })")
        place = self.run_js("""(() => { const it = document.getElementById('drop').getBoundingClientRect();
            return { x: it.x + 20, y: it.y + 20 }; })()""")
        for kind in ["dragEnter", "dragOver", "drop"]:
            self.browser.send("Input.dispatchDragEvent", type=kind, data=data, **place)

    def test_the_generated_picture_changes_as_the_form_is_filled_in(self):
        first = self.run_js("document.getElementById('picture').src")
        self.fill("generate-data", "something else, and longer than before")
        self.wait(f"document.getElementById('picture').src !== '{first}'")
        self.wait("document.getElementById('picture').alt.includes('something else')")
        self.fill("generate-imageFormat", "Svg")
        self.wait("document.getElementById('generate-status').textContent.includes('svg')")
        self.assertIn("imageFormat=Svg", self.text("request-line"))

    def test_types_and_formats_are_those_of_the_document(self):
        document = json.loads(self.fetch("/barcode/swagger/spec"))["components"]["schemas"]
        options = "[...document.getElementById('{}').options].map((it) => it.value).filter(Boolean)"
        for element, schema in [("generate-barcodeType", "EncodeBarcodeType"),
                                ("generate-imageFormat", "BarcodeImageFormat"),
                                ("read-barcodeType", "DecodeBarcodeType")]:
            self.assertEqual(self.run_js(options.format(element)), document[schema]["enum"])
        names = set(self.run_js("[...new FormData(document.getElementById('generate-form')).keys()]"))
        self.assertIn("qrErrorLevel", names)
        self.assertNotIn("pdf417Columns", names)

    def test_errors_are_shown_in_the_words_of_the_service_with_the_request_id(self):
        self.fill("generate-barcodeType", "EAN13")
        self.wait("document.getElementById('generate-problem').textContent.includes('request')")
        shown = self.text("generate-problem")
        with urllib.request.urlopen(self.facts["admin_url"] + "/requests") as answer:
            last = [it for it in json.load(answer)["requests"] if it["status"] == 400][-1]
        self.assertIn(last["id"], shown)
        self.assertIn("Field name: 'Data'", shown)
        self.assertTrue(self.run_js("document.getElementById('generate-figure').hidden"))
        # The browser notes every status of 400 and more.
        self.browser.console = [it for it in self.browser.console if "status of 400" not in it]

    def test_a_dropped_picture_is_read_and_its_region_drawn_in_place(self):
        self.drop(self.picture)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.assertIn("dropped", self.text("found"))
        drawn = self.run_js("""(() => {
            const box = document.querySelector('#stage polygon').getBoundingClientRect();
            const image = document.getElementById('read-picture');
            const place = image.getBoundingClientRect();
            const scale = place.width / image.naturalWidth;
            return [box.left - place.left, box.top - place.top, box.width, box.height].map((it) => it / scale); })()""")
        told = self.run_js("""document.querySelector('#stage polygon').getAttribute('points')""")
        corners = [tuple(float(it) for it in pair.split(",")) for pair in told.split()]
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        width, height = max(x for x, _ in corners) - left, max(y for _, y in corners) - top
        for got, wanted in zip(drawn, [left, top, width, height]):
            self.assertAlmostEqual(got, wanted, delta=6)
        # The symbol fills most of a picture that is 400 pixels wide.
        self.assertTrue(left < 100 and width > 200, told)

    def test_a_chosen_type_is_recognized_instead(self):
        self.drop(self.picture)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.fill("read-barcodeType", "Code128")
        self.wait("document.getElementById('read-status').textContent.startsWith('No barcode')")

    def test_the_camera_reads_what_it_sees(self):
        self.wait("!document.getElementById('camera').hidden")
        self.run_js("document.getElementById('camera').click()")
        self.wait("document.getElementById('video').videoWidth > 0 && document.activeElement.id === 'capture'")
        self.run_js("document.getElementById('capture').click()")
        self.wait("document.getElementById('found').textContent.includes('dropped')")
        self.assertTrue(self.run_js("document.getElementById('viewfinder').hidden"))

    def test_credentials_are_shown_and_copied(self):
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

    def copied(self, button):
        self.browser.send("Browser.grantPermissions", origin=self.origin,
                          permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.browser.send("Page.bringToFront")
        self.run_js(f"document.getElementById('{button}').click()")
        self.wait(f"document.getElementById('{button}').textContent === 'Copied'")
        return self.run_js("navigator.clipboard.readText()")

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_the_copied_request_runs_after_the_copied_variables(self):
        script = "set -eu\n" + self.copied("copy-exports") + self.copied("copy-request")
        with tempfile.TemporaryDirectory() as folder:
            environment = {"PATH": os.environ["PATH"]}
            subprocess.run(["sh", "-c", script], cwd=folder, env=environment, check=True, timeout=60)
            self.assertEqual(Path(folder, "barcode").read_bytes()[:4], b"\x89PNG")

    def test_the_log_shows_calls_live_and_no_secret(self):
        self.run_js("document.getElementById('forget').click()")
        self.wait("document.getElementById('entries').children.length === 0")
        self.fetch("/barcode/generate/Code128?data=from+elsewhere")
        self.wait("document.getElementById('entries').textContent.includes('/v4.0/barcode/generate/Code128')")
        self.run_js("document.querySelectorAll('#entries details').forEach((it) => (it.open = true))")
        self.wait("document.getElementById('entries').textContent.includes('from elsewhere')")
        shown = self.text("entries")
        self.assertIn("[redacted]", shown)
        self.assertNotIn(self.facts["client_secret"], shown)
        self.assertNotIn("eyJ", shown)

    def test_the_log_shows_a_warning_where_data_was_lost(self):
        self.fetch("/barcode/generate/Code39?data=Aspose")
        self.wait("document.getElementById('entries').textContent.includes('warning')")
        self.run_js("document.querySelectorAll('#entries details').forEach((it) => (it.open = true))")
        self.wait("document.getElementById('entries').textContent.includes('Code39 cannot encode')")

    def test_a_paused_log_holds_what_comes(self):
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

    def test_the_reference_tries_a_generate_call(self):
        self.open_reference()
        block = "#operations-Generate-Generate"
        self.run_js(f"document.querySelector('{block} .opblock-summary-control').click()")
        self.wait(f"document.querySelector('{block} .try-out__btn')")
        self.run_js(f"document.querySelector('{block} .try-out__btn').click()")
        field = f"{block} tr[data-param-name=data] input"
        self.wait(f"document.querySelector('{field}')")
        self.run_js(f"document.querySelector('{field}').focus()")
        self.browser.type("tried")
        # Swagger UI takes a text over a while after the last letter, or when the field is left.
        self.browser.key("Tab")
        self.run_js(f"document.querySelector('{block} .execute').click()")
        self.wait(f"document.querySelector('{block} .live-responses-table tbody .response-col_status')?.textContent"
                  ".includes('200')")
        self.wait(f"document.querySelector('{block} .live-responses-table img')?.naturalWidth > 0")
        self.wait("document.getElementById('entries').textContent.includes('Generate')")
        self.wait(f"document.querySelector('{block} .live-responses-table img').alt")
        self.roles_with_names()
        if SCREENSHOTS:
            for name, width, dark in [("reference", 1280, False), ("reference-dark", 1280, True)]:
                self.browser.view(width, 900, dark)
                self.browser.screenshot(Path(SCREENSHOTS, f"{name}.png"))

    def press_until(self, condition, most=60):
        for _ in range(most):
            self.browser.key("Tab")
            if self.run_js(condition):
                return
        self.fail(f"not reached by the tabulator: {condition}")

    def test_the_page_can_be_used_with_the_keyboard_only(self):
        self.browser.send("Page.bringToFront")
        self.browser.key("Tab")
        self.assertEqual(self.run_js("document.activeElement.className"), "skip")
        self.browser.key("Enter")
        self.press_until("document.activeElement.id === 'copy-exports'")
        self.press_until("document.activeElement.id === 'generate-data'")
        self.assertNotEqual(self.run_js("getComputedStyle(document.activeElement).outlineStyle"), "none")
        self.browser.type(" by keyboard")
        self.wait("document.getElementById('picture').alt.includes('by keyboard')")
        self.press_until("document.activeElement.id === 'read-it'")
        self.browser.key("Enter")
        self.wait("document.getElementById('found').textContent.includes('by keyboard')")
        self.press_until("document.activeElement.id === 'file'")
        self.press_until("document.activeElement.id === 'pause'")
        self.press_until("document.activeElement.id === 'open-reference'")
        self.browser.key(" ")
        self.wait("document.querySelectorAll('#swagger .opblock').length === 9")

    def roles_with_names(self):
        """What a screen reader meets. Nothing to work with or to look at is without a name."""
        nodes = [it for it in self.browser.accessibility_tree() if not it["ignored"]]
        value = lambda node, key: node.get(key, {}).get("value")
        nameless = [it for it in nodes if value(it, "role") in CONTROLS | {"image", "region", "log"}
                    and not value(it, "name")]
        self.assertEqual([(value(it, "role"), it.get("properties")) for it in nameless], [])
        return {value(it, "role") for it in nodes}

    def test_every_control_has_a_name_and_every_picture_words(self):
        self.drop(self.picture)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.run_js("document.querySelectorAll('details').forEach((it) => (it.open = true))")
        roles = self.roles_with_names()
        self.assertLessEqual({"banner", "main", "navigation", "contentinfo", "region", "log", "status"}, roles)

    def test_a_phone_has_no_horizontal_scroll(self):
        self.browser.view(360, 740)
        self.drop(self.picture)
        self.wait("document.querySelectorAll('#found li').length === 1")
        self.run_js("document.querySelectorAll('details').forEach((it) => (it.open = true))")
        self.open_reference()
        width = self.run_js("document.documentElement.scrollWidth")
        self.assertLessEqual(width, 360)

    @unittest.skipUnless(SCREENSHOTS, "PAGE_SCREENSHOTS is not set")
    def test_pictures_of_the_page_are_taken(self):
        self.drop(self.picture)
        self.wait("document.querySelectorAll('#found li').length === 1")
        for name, width, dark in [("wide-light", 1280, False), ("wide-dark", 1280, True), ("phone", 360, False)]:
            self.browser.view(width, 900, dark)
            self.browser.screenshot(Path(SCREENSHOTS, f"{name}.png"))


if __name__ == "__main__":
    if not find_chromium():
        print("skipped: there is no Chromium here")
        sys.exit(0)
    unittest.main(verbosity=2)
