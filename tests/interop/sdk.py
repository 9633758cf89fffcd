"""Calls the sandbox with the vendor's Python SDK: all nine operations and the errors."""

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


def read_image(response):
    """Returns the content type and the image. The SDK returns the response of a generate operation unread."""
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
        defaults = {
            "client_id": cls.sandbox.client_id,
            "client_secret": cls.sandbox.client_secret,
            "host": cls.sandbox.base_url,
            "token_url": cls.sandbox.token_url,
        }
        return sdk.Configuration(**(defaults | changes))

    def assert_read(self, result, kind=sdk.DecodeBarcodeType.QR, text=TEXT):
        self.assertIsInstance(result, sdk.BarcodeResponseList)
        self.assertEqual([(barcode.type, barcode.barcode_value) for barcode in result.barcodes], [(kind, text)])
        for barcode in result.barcodes:
            self.assertTrue(clockwise_from_top_left(barcode.region), barcode.region)

    def assert_fails(self, status, call, *arguments, **keywords):
        """Checks that a call fails, and returns the error body as the SDK parses it."""
        with self.assertRaises(sdk.ApiException) as caught:
            call(*arguments, **keywords)
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
        kind, file = read_image(self.generate.generate(sdk.EncodeBarcodeType.QR, TEXT, barcode_image_params=options))
        self.assertEqual((kind, Image.open(io.BytesIO(file)).format), ("image/jpeg", "JPEG"))
        self.assert_read(self.scan.scan_multipart(file))

    def test_by_body(self):
        request = sdk.GenerateParams(
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
        kind, file = read_image(self.generate.generate_body(request))
        image = Image.open(io.BytesIO(file))
        self.assertEqual((kind, image.format), ("image/gif", "GIF"))
        # A symbol with four columns is wider than it is high, so rotated by 90 degrees it is higher than it is wide.
        self.assertGreater(image.height, image.width)
        self.assert_read(self.recognize.recognize_multipart(sdk.DecodeBarcodeType.PDF417, file), "Pdf417")

    def test_by_form(self):
        options = sdk.BarcodeImageParams(
            image_format=sdk.BarcodeImageFormat.TIFF,
            image_width=300,
            image_height=100,
            units=sdk.GraphicsUnit.PIXEL,
            text_location=sdk.CodeLocation.ABOVE,
        )
        kind, file = read_image(
            self.generate.generate_multipart(
                sdk.EncodeBarcodeType.CODE128,
                "Code 128 & more",
                barcode_image_params=options,
                code128_params=sdk.Code128Params(code128_encode_mode=sdk.Code128EncodeMode.AUTO),
            )
        )
        image = Image.open(io.BytesIO(file))
        self.assertEqual((kind, image.format, image.size), ("image/tiff", "TIFF", (300, 100)))
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
            kind, _ = read_image(self.generate.generate("DataMatrix", "Test", barcode_image_params=options))
            self.assertEqual(kind, expected)

    def test_qr_parameters(self):
        options = sdk.QrParams(qr_error_level=sdk.QRErrorLevel.LEVELH, qr_version=sdk.QRVersion.VERSION10)
        _, file = read_image(self.generate.generate("QR", TEXT, qr_params=options))
        _, smaller = read_image(self.generate.generate("QR", TEXT))
        self.assertGreater(Image.open(io.BytesIO(file)).width, Image.open(io.BytesIO(smaller)).width)
        self.assert_read(self.scan.scan_multipart(file))

    def test_code_sets(self):
        for mode, data in [("CodeA", "AB 12"), ("CodeB", "Ab 12"), ("CodeC", "123456")]:
            options = sdk.Code128Params(code128_encode_mode=mode)
            _, file = read_image(self.generate.generate("Code128", data, code128_params=options))
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
        # The SDK accepts a path, an open file and bytes.
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

    def test_no_barcode_found(self):
        blank = io.BytesIO()
        Image.new("RGB", (120, 120), "white").save(blank, "PNG")
        self.assertEqual(self.scan.scan_multipart(blank.getvalue()).barcodes, [])
        other = self.recognize.recognize_multipart(sdk.DecodeBarcodeType.CODE128, self.qr)
        self.assertEqual(other.barcodes, [])

    def test_several_barcodes_with_their_regions(self):
        sheet = Image.new("RGB", (500, 400), "white")
        for position, data in [((10, 20), "above"), ((300, 250), "below")]:
            _, file = read_image(self.generate.generate("Aztec", data))
            sheet.paste(Image.open(io.BytesIO(file)).convert("RGB"), position)
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

    def test_invalid_enumeration_value(self):
        options = sdk.BarcodeImageParams(image_format="wrong")
        error = self.assert_fails(400, self.generate.generate, "QR", "1", barcode_image_params=options)
        self.assertIn("'ImageFormat' errors: The value 'wrong' is not valid for ImageFormat.", error.message)

    def test_invalid_base64(self):
        error = self.assert_fails(400, self.scan.scan_base64, sdk.ScanBase64Request(file_base64="!"))
        self.assertIn("'FileBase64' errors: The value is not base64", error.message)

    def test_file_that_is_not_an_image(self):
        self.assert_fails(400, self.scan.scan_multipart, b"not an image")

    def test_unknown_url(self):
        error = self.assert_fails(400, self.scan.scan, "https://pictures.example/other.png")
        self.assertIn("'FileUrl' errors:", error.message)

    def test_invalid_token(self):
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
