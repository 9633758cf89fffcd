"""Starts a sandbox and runs `with_curl.sh` against it."""

import os
import pathlib
import subprocess
import sys
import tempfile

from sandbox import Sandbox

PICTURE_URL = "https://pictures.example/curl.png?a=b"

with tempfile.TemporaryDirectory() as scratch:
    # The file must exist when the sandbox starts. The script writes its contents later.
    file = pathlib.Path(scratch) / "behind-the-url"
    file.touch()
    with Sandbox({PICTURE_URL: file}) as sandbox:
        environment = os.environ | {
            "BARCODE_CLOUD_BASE_URL": sandbox.base_url,
            "BARCODE_CLOUD_TOKEN_URL": sandbox.token_url,
            "BARCODE_CLOUD_CLIENT_ID": sandbox.client_id,
            "BARCODE_CLOUD_CLIENT_SECRET": sandbox.client_secret,
            "PICTURE_URL": PICTURE_URL,
        }
        script = pathlib.Path(__file__).with_suffix(".sh")
        sys.exit(subprocess.run([script, scratch], env=environment).returncode)
