"""The vendor's own Python SDK against the sandbox: all nine operations and the errors.

The SDK is a client that this project did not write. It is only installed and called.
"""

import base64
import io
import json
import pathlib
import tempfile
import unittest

import aspose_barcode_cloud as sdk
from PIL import Image

from sandbox import Sandbox

TEXT = "Привет, barcode & <co> + 100%"
PICTURE_URL = "https://pictures.example/of/a/barcode.png?size=1"


def picture(response):
    """An operation that generates answers a response which has not been read."""
    return response.headers["content-type"], response.read()


def clockwise_from_top_left(region):
    xs, ys = [point.x for point in region], [point.y for point in region]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    slack = 2
    return len(region) == 4 and all(
        abs(point.x - x) <= slack and abs(point.y - y) <= slack for point, (x, y) in zip(region, corners)
    )


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.file = pathlib.Path(cls.scratch) / "behind-the-url"
        cls.file.touch()
        cls.sandbox = cls.enterClassContext(Sandbox({PICTURE_URL: cls.file}))
        api = sdk.ApiClient(cls.configuration())
        cls.generate, cls.recognize, cls.scan = sdk.GenerateApi(api), sdk.RecognizeApi(api), sdk.ScanApi(api)
        cls.qr = cls.generate.generate(sdk.EncodeBarcodeType.QR, TEXT).read()
        cls.file.write_bytes(cls.qr)

    @classmethod
    def configuration(cls, **changes):
        of_the_sandbox = {
            "client_id": cls.sandbox.client_id,
            "client_secret": cls.sandbox.client_secret,
            "host": cls.sandbox.base_url,
            "token_url": cls.sandbox.token_url,
        }
        return sdk.Configuration(**(of_the_sandbox | changes))

    def assert_read(self, answer, kind=sdk.DecodeBarcodeType.QR, text=TEXT):
        self.assertIsInstance(answer, sdk.BarcodeResponseList)
        self.assertEqual([(it.type, it.barcode_value) for it in answer.barcodes], [(kind, text)])
        for barcode in answer.barcodes:
            self.assertTrue(clockwise_from_top_left(barcode.region), barcode.region)

    def assert_fails(self, status, call, *arguments, **named):
        """The error's body, by the SDK's own model of it."""
        with self.assertRaises(sdk.ApiException) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.status, status)
        body = caught.exception.body
        text = body.decode() if isinstance(body, bytes) else body
        received = type("Received", (), {"data": text})
        response = sdk.ApiClient(self.configuration()).deserialize(received, "ApiErrorResponse")
        self.assertTrue(response.request_id)
        self.assertTrue(response.error.code.startswith("error"), response.error.code)
        self.assertTrue(response.error.message)
        self.assertTrue(response.error.description)
        self.assertIsNotNone(response.error.date_time.tzinfo)
        return response.error


class Generate(Case):
    def test_by_query(self):
        options = sdk.BarcodeImageParams(image_format=sdk.BarcodeImageFormat.JPEG, resolution=192)
        kind, file = picture(self.generate.generate(sdk.EncodeBarcodeType.QR, TEXT, barcode_image_params=options))
        self.assertEqual((kind, Image.open(io.BytesIO(file)).format), ("image/jpeg", "JPEG"))
        self.assert_read(self.scan.scan_multipart(file))

    def test_by_body(self):
        order = sdk.GenerateParams(
            barcode_type=sdk.EncodeBarcodeType.PDF417,
            encode_data=sdk.EncodeData(
                data=base64.b64encode(TEXT.encode()).decode(), data_type=sdk.EncodeDataType.BASE64BYTES
            ),
            barcode_image_params=sdk.BarcodeImageParams(
                image_format=sdk.BarcodeImageFormat.GIF, rotation_angle=90, foreground_color="DarkBlue"
            ),
            pdf417_params=sdk.Pdf417Params(
                pdf417_error_level=sdk.Pdf417ErrorLevel.LEVEL3, pdf417_columns=4, pdf417_truncate=False
            ),
        )
        kind, file = picture(self.generate.generate_body(order))
        seen = Image.open(io.BytesIO(file))
        self.assertEqual((kind, seen.format), ("image/gif", "GIF"))
        # Four columns lie; turned by 90 degrees they stand.
        self.assertGreater(seen.height, seen.width)
        self.assert_read(self.recognize.recognize_multipart(sdk.DecodeBarcodeType.PDF417, file), "Pdf417")

    def test_by_form(self):
        options = sdk.BarcodeImageParams(
            image_format=sdk.BarcodeImageFormat.TIFF,
            image_width=300,
            image_height=100,
            units=sdk.GraphicsUnit.PIXEL,
            text_location=sdk.CodeLocation.ABOVE,
        )
        kind, file = picture(
            self.generate.generate_multipart(
                sdk.EncodeBarcodeType.CODE128,
                "Code 128 & more",
                barcode_image_params=options,
                code128_params=sdk.Code128Params(code128_encode_mode=sdk.Code128EncodeMode.AUTO),
            )
        )
        seen = Image.open(io.BytesIO(file))
        self.assertEqual((kind, seen.format, seen.size), ("image/tiff", "TIFF", (300, 100)))
        self.assert_read(self.scan.scan_multipart(file), "Code128", "Code 128 & more")

    def test_every_format(self):
        for name, expected in [
            ("Png", "image/png"),
            ("Jpeg", "image/jpeg"),
            ("Svg", "image/svg+xml"),
            ("Tiff", "image/tiff"),
            ("Gif", "image/gif"),
        ]:
            options = sdk.BarcodeImageParams(image_format=name)
            kind, _ = picture(self.generate.generate("DataMatrix", "Test", barcode_image_params=options))
            self.assertEqual(kind, expected)

    def test_qr_parameters(self):
        options = sdk.QrParams(qr_error_level=sdk.QRErrorLevel.LEVELH, qr_version=sdk.QRVersion.VERSION10)
        _, file = picture(self.generate.generate("QR", TEXT, qr_params=options))
        _, smaller = picture(self.generate.generate("QR", TEXT))
        self.assertGreater(Image.open(io.BytesIO(file)).width, Image.open(io.BytesIO(smaller)).width)
        self.assert_read(self.scan.scan_multipart(file))

    def test_code_sets(self):
        for mode, data in [("CodeA", "AB 12"), ("CodeB", "Ab 12"), ("CodeC", "123456")]:
            options = sdk.Code128Params(code128_encode_mode=mode)
            _, file = picture(self.generate.generate("Code128", data, code128_params=options))
            self.assert_read(self.scan.scan_multipart(file), "Code128", data)


class Read(Case):
    def test_recognize_by_url(self):
        for options in [{}, {"recognition_mode": sdk.RecognitionMode.EXCELLENT}]:
            self.assert_read(self.recognize.recognize(sdk.DecodeBarcodeType.QR, PICTURE_URL, **options))

    def test_recognize_base64(self):
        request = sdk.RecognizeBase64Request(
            barcode_types=[sdk.DecodeBarcodeType.CODE128, sdk.DecodeBarcodeType.QR],
            file_base64=base64.b64encode(self.qr).decode(),
            recognition_mode=sdk.RecognitionMode.FAST,
            recognition_image_kind=sdk.RecognitionImageKind.CLEARIMAGE,
        )
        self.assert_read(self.recognize.recognize_base64(request))

    def test_recognize_form(self):
        kind = sdk.DecodeBarcodeType.MOSTCOMMONLYUSED
        # A path, an open file and bytes: the SDK takes all three.
        with open(self.file, "rb") as file:
            for form in [str(self.file), file, self.qr]:
                self.assert_read(self.recognize.recognize_multipart(kind, form))

    def test_scan_by_url(self):
        self.assert_read(self.scan.scan(PICTURE_URL))

    def test_scan_base64(self):
        request = sdk.ScanBase64Request(file_base64=base64.b64encode(self.qr).decode())
        self.assert_read(self.scan.scan_base64(request))

    def test_scan_form(self):
        self.assert_read(self.scan.scan_multipart(self.qr))

    def test_nothing_to_find(self):
        blank = io.BytesIO()
        Image.new("RGB", (120, 120), "white").save(blank, "PNG")
        self.assertEqual(self.scan.scan_multipart(blank.getvalue()).barcodes, [])
        other = self.recognize.recognize_multipart(sdk.DecodeBarcodeType.CODE128, self.qr)
        self.assertEqual(other.barcodes, [])

    def test_several_barcodes_in_their_places(self):
        sheet = Image.new("RGB", (500, 400), "white")
        for place, data in [((10, 20), "above"), ((300, 250), "below")]:
            _, file = picture(self.generate.generate("Aztec", data))
            sheet.paste(Image.open(io.BytesIO(file)).convert("RGB"), place)
        file = io.BytesIO()
        sheet.save(file, "BMP")
        above, below = self.recognize.recognize_multipart(sdk.DecodeBarcodeType.AZTEC, file.getvalue()).barcodes
        self.assertEqual((above.barcode_value, below.barcode_value), ("above", "below"))
        for barcode, left, top in [(above, 10, 20), (below, 300, 250)]:
            self.assertTrue(clockwise_from_top_left(barcode.region), barcode.region)
            corner = barcode.region[0]
            self.assertTrue(0 <= corner.x - left <= 20 and 0 <= corner.y - top <= 20, corner)


class Errors(Case):
    def test_missing_data(self):
        for call in [self.generate.generate, self.generate.generate_multipart]:
            error = self.assert_fails(400, call, sdk.EncodeBarcodeType.QR, "")
            self.assertEqual(error.code, "errorInvalidInputData")
            self.assertEqual(error.message, "Error: Field name: 'Data' errors: The Data field is required.")

    def test_wrong_enumeration(self):
        options = sdk.BarcodeImageParams(image_format="wrong")
        error = self.assert_fails(400, self.generate.generate, "QR", "1", barcode_image_params=options)
        self.assertIn("'ImageFormat' errors: The value 'wrong' is not valid for ImageFormat.", error.message)

    def test_no_base64(self):
        error = self.assert_fails(400, self.scan.scan_base64, sdk.ScanBase64Request(file_base64="!"))
        self.assertIn("'FileBase64' errors: The value is not base64", error.message)

    def test_no_picture(self):
        self.assert_fails(400, self.scan.scan_multipart, b"this is no picture")

    def test_unknown_url(self):
        error = self.assert_fails(400, self.scan.scan, "https://pictures.example/other.png")
        self.assertIn("'FileUrl' errors:", error.message)

    def test_wrong_token(self):
        api = sdk.ApiClient(self.configuration(access_token="eyJhbGciOiJub25lIn0.e30."))
        self.assert_fails(401, sdk.ScanApi(api).scan_multipart, self.qr)
        self.assert_fails(401, sdk.GenerateApi(api).generate, "QR", "1")

    def test_wrong_secret(self):
        configuration = self.configuration(client_secret="wrong")
        with self.assertRaises(sdk.ApiException) as caught:
            sdk.ScanApi(sdk.ApiClient(configuration)).scan_multipart(self.qr)
        self.assertEqual(caught.exception.status, 400)
        self.assertEqual(json.loads(caught.exception.body), {"error": "invalid_client"})


if __name__ == "__main__":
    unittest.main()
