"""Runs the Python code of the book's chapter about the vendor's SDKs, and checks the syntax of its JavaScript code."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from sandbox import WORKSPACE, Sandbox

CHAPTER = (WORKSPACE / "docs" / "src" / "migration.md").read_text()


def code(language):
    """Returns the chapter's code in a language."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", CHAPTER, re.MULTILINE | re.DOTALL))


class Migration(unittest.TestCase):
    def test_the_python_code_prints_the_barcode(self):
        with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {
                "BARCODE_CLOUD_BASE_URL": sandbox.base_url,
                "BARCODE_CLOUD_TOKEN_URL": sandbox.token_url,
                "BARCODE_CLOUD_CLIENT_ID": sandbox.client_id,
                "BARCODE_CLOUD_CLIENT_SECRET": sandbox.client_secret,
            }
            command = [sys.executable, "-c", code("python")]
            output = subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True, text=True)
            self.assertEqual(output.stdout, "QR Hello\n")

    @unittest.skipUnless(shutil.which("node"), "Node is not installed")
    def test_the_javascript_code_has_no_syntax_errors(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "code.js"
            file.write_text(code("js"))
            self.assertIn("scanAll", file.read_text())
            subprocess.run(["node", "--check", file], check=True)


if __name__ == "__main__":
    unittest.main()
