"""Generates three values of every barcode type, in every image format and three variants, and reads them back.

The types are those in the OpenAPI document of the running sandbox, except those that it reports as unsupported. If the
sandbox can generate a type but not read it, the image must at least have the right size.
If zxing-cpp supports a type, it also reads one image of each value, to find mistakes that our generator and our reader
have in common.
"""

import collections
import concurrent.futures
import io
import json
import sys
import threading
import time

import resvg_py
import zxingcpp
from PIL import Image

from sandbox import ApiError, Client, Sandbox

FORMATS = ["Png", "Jpeg", "Gif", "Tiff", "Svg"]
VARIANTS = {"default": {}, "rotated": {"rotationAngle": 90}, "double resolution": {"resolution": 192}}
MAX_FAILURES_SHOWN = 40

# The outcomes of a successful check.
READ_BACK, GENERATED, READ_BY_ZXING, UNKNOWN_TO_ZXING = "read back", "generated", "read by zxing-cpp", "unknown"

TEXTS = ["Test", "Привет, мир 🙂", "https://example.com/?q=1&x=%20"]
TEXTS_OF_ROWS = ["Some text that takes several rows.", "1234567890", "Test"]
DIGITS = ["1234567", "12345678", "1"]
KEYS = ["(01)09501101530003", "(01)19501101530000", "(01)00012345678905"]
ELEMENTS = ["(01)09501101530003", "(10)ABC(21)12345", "(01)09501101530003(17)261231(10)a-1"]
SAMPLES = {
    "QR": TEXTS,
    "Aztec": TEXTS,
    "DataMatrix": TEXTS,
    "Pdf417": TEXTS,
    "GS1QR": ELEMENTS,
    "GS1DataMatrix": ELEMENTS,
    "GS1Code128": ELEMENTS,
    "Code128": ["Test", "12345678", "a\tB & 3"],
    "SSCC18": ["(00)376104250021234569", "(00)000000000000000000", "(00)123456789012345675"],
    "EAN14": KEYS,
    "SCC14": KEYS,
    "Code39": ["CODE 39", "-. $/+%", "1"],
    "Code39FullASCII": ["Code 39, full: ASCII!", "a", "~{}"],
    "Code32": ["012345676", "000000000", "123456788"],
    "PZN": ["27580899", "01234562", "00000000"],
    "VIN": ["1M8GDM9AXKP042788", "WVWZZZ1JZXW000001", "00000000000000000"],
    "Code93": ["CODE 93", "Code 93, lower", "1234567890"],
    "Codabar": ["A12345A", "B12-34:5$C", "D1.0/2+3A"],
    "EAN13": ["6291041500213", "4006381333931", "9783161484100"],
    "EAN8": ["96385074", "73513537", "00000000"],
    "UPCA": ["036000291452", "012345678905", "123456789012"],
    "UPCE": ["04252614", "01234565", "11234562"],
    "ISBN": ["9783161484100", "9791032300824", "9780306406157"],
    "ISSN": ["9770317847001", "9771234567003", "9772049363002"],
    "ISMN": ["9790260000438", "9790901679177", "9790000000001"],
    "ITF14": ["15400141288763", "00012345678905", "10012345678902"],
    "ITF6": ["123457", "000000", "654326"],
    "Interleaved2of5": ["1234567890", "12", "123456789012345678901234567890"],
    "DeutschePostIdentcode": ["563102430313", "000000000000", "123456789016"],
    "DeutschePostLeitcode": ["21348075016401", "00000000000000", "12345678901236"],
    "AustralianPosteParcel": [
        "(01)99312650999998(91)JDQ0123456", "(01)99312650999998(91)JDQ01(8008)141210093000", "(01)09501101530003(91)A1",
    ],
    "SwissPostParcel": ["983412345612345678", "RM999605013CH", "03270341"],
    "OPC": ["0207117219", "0204897136", "0000000000"],
    "ItalianPost25": ["123456789015", "000000000000", "000000000018"],
    "UpcaGs1Code128Coupon": ["514141100906(8102)03", "012345678905(8102)12", "036000291452(8102)99"],
    "UpcaGs1DatabarCoupon": [
        "514141100906(8110)106141416543213150110120", "012345678905(8110)106141416543213150110120",
        "036000291452(8110)106141416543213150110120",
    ],
    "AustraliaPost": ["1112345678", "5912345678ABCde", "6212345678ABCdefGHIJ"],
    "OneCode": ["0123456709498765432101234567891", "01234567094987654321", "0123456709498765432101234"],
    "Mailmark": ["1100000000000XY11", "41038422416563762EF61AH8T", "21B2254800659JW5O9QA6Y"],
    "SingaporePost": ["123456", "000000", "987654"],
    "RM4SCC": ["BX11LT1A", "W1J0TR01", "1"],
    "CodablockF": TEXTS_OF_ROWS,
    "Code16K": TEXTS_OF_ROWS,
    "Code11": ["123-45", "0123456789", "1"],
    "DataLogic2of5": DIGITS,
    "IATA2of5": DIGITS,
    "Matrix2of5": DIGITS,
    "MSI": DIGITS,
    "Standard2of5": DIGITS,
    "DotCode": ["Test", "1234567890", "A1"],
    "HanXin": ["Test", "1234567890", "汉信码"],
    "DutchKIX": ["2500GG30250", "1231FZ13XHS", "1"],
    "Pharmacode": ["1234", "3", "131070"],
    "Planet": ["01234567890", "0123456789012", "98765432109"],
    "Postnet": ["12345", "123456789", "12345678901"],
    "MaxiCode": ["Test of a MaxiCode", "1", "Straße 7"],
    "MicroQR": ["TEST 123", "1", "12345678901234"],
    "RectMicroQR": ["Test of rMQR", "1", "12345678901234"],
    "MicroPdf417": ["Test", "1", "12345678901234"],
    "MacroPdf417": ["Test", "Part of a file", "12345678901234"],
    "GS1Aztec": ELEMENTS,
    "GS1DotCode": ELEMENTS,
    "DatabarExpanded": ELEMENTS,
    "DatabarExpandedStacked": ELEMENTS,
    "DatabarOmniDirectional": KEYS,
    "DatabarTruncated": KEYS,
    "DatabarStacked": KEYS,
    "DatabarStackedOmniDirectional": KEYS,
    "DatabarLimited": KEYS,
}
# The names that zxing-cpp uses for the symbol of a type.
# It ignores Interleaved 2 of 5 symbols with fewer than six digits.
SYMBOLS = {
    "QR": ["QRCode"],
    "GS1QR": ["QRCode"],
    "Aztec": ["Aztec"],
    "DataMatrix": ["DataMatrix"],
    "GS1DataMatrix": ["DataMatrix"],
    "Pdf417": ["PDF417"],
    "Code128": ["Code128"],
    "GS1Code128": ["Code128"],
    "SSCC18": ["Code128"],
    "EAN14": ["Code128"],
    "SCC14": ["Code128"],
    "Code39": ["Code39"],
    "Code39FullASCII": ["Code39", "Code39Ext"],
    "Code32": ["Code32"],
    "PZN": ["PZN"],
    "VIN": ["Code39"],
    "Code93": ["Code93"],
    "Codabar": ["Codabar"],
    "EAN13": ["EAN13"],
    "ISBN": ["EAN13"],
    "ISSN": ["EAN13"],
    "ISMN": ["EAN13"],
    "EAN8": ["EAN8"],
    "UPCA": ["UPCA", "EAN13"],
    "UPCE": ["UPCE"],
    "ITF14": ["ITF"],
    "ITF6": ["ITF"],
    "Interleaved2of5": ["ITF"],
    "DeutschePostIdentcode": ["ITF"],
    "DeutschePostLeitcode": ["ITF"],
    "OPC": ["ITF"],
    "ItalianPost25": ["ITF"],
    "DatabarOmniDirectional": ["DataBarOmni"],
    "DatabarTruncated": ["DataBarOmni"],
    "DatabarStacked": ["DataBarStk", "DataBarStkOmni"],
    "DatabarStackedOmniDirectional": ["DataBarStk", "DataBarStkOmni"],
    "DatabarLimited": ["DataBarLtd"],
    "DatabarExpanded": ["DataBarExp"],
    "DatabarExpandedStacked": ["DataBarExpStk"],
    "MaxiCode": ["MaxiCode"],
    "MicroQR": ["MicroQRCode"],
    "RectMicroQR": ["RMQRCode"],
    "GS1Aztec": ["Aztec"],
    "MicroPdf417": ["MicroPDF417"],
}

thread = threading.local()


class Mismatch(Exception):
    pass


def main():
    started = time.monotonic()
    with Sandbox() as sandbox:
        token = Client(sandbox).token
        clients = lambda: setattr(thread, "client", Client(sandbox, token))  # noqa: E731
        with concurrent.futures.ThreadPoolExecutor(4, initializer=clients) as pool:
            failures, types, results = check(pool, list(document_types(sandbox, token)))
    for failure in failures[:MAX_FAILURES_SHOWN]:
        print(f"FAILED: {failure}")
    print(
        f"matrix: {types} types, {results[READ_BACK]} images generated and read back, {results[GENERATED]} of types "
        f"that cannot be read, {results[READ_BY_ZXING]} read by zxing-cpp, {len(failures)} failures, "
        f"{time.monotonic() - started:.0f} s"
    )
    sys.exit(bool(failures) or not types)


def check(pool, kinds):
    samples = dict(zip(kinds, pool.map(attempt, [samples_of] * len(kinds), kinds)))
    failures = [outcome for outcome in samples.values() if isinstance(outcome, Mismatch)]
    generated = {kind: values for kind, values in samples.items() if isinstance(values, list) and values}
    jobs = []
    for kind, values in generated.items():
        for value in values:
            jobs.append((read_by_zxing, kind, value))
            jobs += [
                (read_back, kind, value, image_format, variant) for image_format in FORMATS for variant in VARIANTS
            ]
    results = collections.Counter()
    for outcome in pool.map(lambda job: attempt(*job), jobs):
        if isinstance(outcome, Mismatch):
            failures.append(outcome)
        else:
            results[outcome] += 1
    return failures, len(generated), results


def attempt(work, *arguments):
    try:
        return work(*arguments)
    except Mismatch as mismatch:
        return mismatch
    except Exception as error:
        return Mismatch(f"{work.__name__} {arguments}: {error!r}")


def document_types(sandbox, token):
    status, _, body = Client(sandbox, token).call("GET", "/barcode/swagger/spec")
    assert status == 200, status
    return json.loads(body)["components"]["schemas"]["EncodeBarcodeType"]["enum"]


def samples_of(kind):
    """Returns values to encode; an empty list if the sandbox cannot generate the type."""
    for value in SAMPLES.get(kind, ["1"]):
        try:
            thread.client.generate(kind, value)
        except ApiError as error:
            if error.is_unsupported_type():
                return []
            raise Mismatch(f"{kind} rejects {value!r}: {error}") from None
    if kind not in SAMPLES:
        raise Mismatch(f"{kind} has no values in SAMPLES")
    return SAMPLES[kind]


def barcodes_of(kind, image):
    """Returns the barcodes that the sandbox reads, or None if it cannot read the type."""
    try:
        return thread.client.recognize(kind, image)
    except ApiError as error:
        if error.is_unsupported_type():
            return None
        raise


def image_of(kind, value, image_format, parameters):
    _, image = thread.client.generate(kind, value, imageFormat=image_format, **parameters)
    if image_format == "Svg":
        return bytes(resvg_py.svg_to_bytes(svg_string=image.decode()))
    return image


def read_back(kind, value, image_format, variant):
    image = image_of(kind, value, image_format, VARIANTS[variant])
    size = Image.open(io.BytesIO(image)).size
    where = f"{kind} {value!r} in {image_format}, {variant}"
    read = barcodes_of(kind, image)
    if read is not None:
        compare(read, kind, value, size, where)
        return READ_BACK
    expected = Image.open(io.BytesIO(image_of(kind, value, "Png", VARIANTS[variant]))).size
    if size != expected or min(size) < 5:
        raise Mismatch(f"{where}: the image size is {size}, not {expected}")
    return GENERATED


def compare(read, kind, value, size, where):
    if [(barcode["type"], barcode["barcodeValue"]) for barcode in read] != [(kind, value)]:
        raise Mismatch(f"{where}: read as {read}")
    points = [(point["x"], point["y"]) for point in read[0]["region"]]
    inside = all(-1 <= x <= size[0] and -1 <= y <= size[1] for x, y in points)
    if len(points) != 4 or not inside or not clockwise_from_top_left(points):
        raise Mismatch(f"{where}: the region {points} is invalid for an image of size {size}")


def clockwise_from_top_left(points):
    """Returns whether the points begin at the top left and run clockwise, assuming an upright barcode."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    return x0 < x1 and x3 < x2 and y0 < y3 and y1 < y2


def read_by_zxing(kind, value):
    if kind not in SYMBOLS or (kind == "Interleaved2of5" and len(value) < 6):
        return UNKNOWN_TO_ZXING
    # At the default resolution, the modules of two pixels are too small for zxing-cpp.
    image = image_of(kind, value, "Png", VARIANTS["double resolution"])
    image = Image.open(io.BytesIO(image)).convert("L")
    mode = zxingcpp.TextMode.HRI if value.startswith("(") else zxingcpp.TextMode.Plain
    found = zxingcpp.read_barcodes(image, text_mode=mode)
    read = [(barcode.format.name, barcode.text) for barcode in found]
    expected = value_in_zxing(kind, value)
    if len(read) != 1 or read[0][0] not in SYMBOLS[kind] or read[0][1] != expected:
        raise Mismatch(f"{kind} {value!r}: zxing-cpp reads {read}, not {expected!r}")
    return READ_BY_ZXING


def value_in_zxing(kind, value):
    """Returns the value as zxing-cpp reports it. For some types, that is a longer form of the same value."""
    match kind:
        case "Code32":
            # The human-readable form begins with an A.
            return "A" + value
        case "PZN":
            return "-" + value
        case "UPCA":
            return "0" + value
        case "UPCE":
            return "0" + value[0] + expand_upc_e(value[1:7]) + value[7]
    return value


def expand_upc_e(six):
    """Expands the six digits of UPC-E to the ten digits of UPC-A (GS1 General Specifications, 5.2.2.4.2)."""
    first, last = six[:5], six[5]
    match last:
        case "0" | "1" | "2":
            return first[:2] + last + "0000" + first[2:]
        case "3":
            return first[:3] + "00000" + first[3:]
        case "4":
            return first[:4] + "00000" + first[4:]
    return first + "0000" + last


if __name__ == "__main__":
    main()
