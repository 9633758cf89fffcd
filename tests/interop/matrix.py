"""Every type that the sandbox has, with three values, in every format, in three shapes: written, read back, equal.

Which types there are is asked of the running sandbox: those of its document, less those that it says it does not have.
Of a type that it writes and does not read, each file must be a picture of the right size.
A picture of each value is also read by zxing-cpp, where that knows the type, so that our writer and our reader cannot
agree on a mistake.
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

from sandbox import Client, Refused, Sandbox

FORMATS = ["Png", "Jpeg", "Gif", "Tiff", "Svg"]
SHAPES = {"as it comes": {}, "turned": {"rotationAngle": 90}, "twice as fine": {"resolution": 192}}
MOST_TOLD = 40

# What comes of a picture that nothing is wrong with.
READ_BACK, WRITTEN, READ_BY_THE_OTHER, UNKNOWN_TO_THE_OTHER = "read back", "written", "read by the other", "unknown"

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
# What zxing-cpp calls the symbol of a type.
# Interleaved 2 of 5 of fewer than six digits it passes over.
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

here = threading.local()


class Disagreement(Exception):
    pass


def main():
    begin = time.monotonic()
    with Sandbox() as sandbox:
        token = Client(sandbox).token
        clients = lambda: setattr(here, "client", Client(sandbox, token))  # noqa: E731
        with concurrent.futures.ThreadPoolExecutor(4, initializer=clients) as pool:
            failures, types, results = check(pool, list(document_types(sandbox, token)))
    for failure in failures[:MOST_TOLD]:
        print(f"FAILED: {failure}")
    print(
        f"matrix: {types} types, {results[READ_BACK]} pictures written and read back, {results[WRITTEN]} of types that are "
        f"not read, {results[READ_BY_THE_OTHER]} read by zxing-cpp, {len(failures)} failures, "
        f"{time.monotonic() - begin:.0f} s"
    )
    sys.exit(bool(failures) or not types)


def check(pool, kinds):
    samples = dict(zip(kinds, pool.map(attempt, [samples_of] * len(kinds), kinds)))
    failures = [found for found in samples.values() if isinstance(found, Disagreement)]
    written = {kind: values for kind, values in samples.items() if isinstance(values, list) and values}
    jobs = []
    for kind, values in written.items():
        for value in values:
            jobs.append((other_reader_agrees, kind, value))
            jobs += [(in_every_shape, kind, value, form, shape) for form in FORMATS for shape in SHAPES]
    results = collections.Counter()
    for outcome in pool.map(lambda job: attempt(*job), jobs):
        if isinstance(outcome, Disagreement):
            failures.append(outcome)
        else:
            results[outcome] += 1
    return failures, len(written), results


def attempt(work, *arguments):
    try:
        return work(*arguments)
    except Disagreement as disagreement:
        return disagreement
    except Exception as error:
        return Disagreement(f"{work.__name__} {arguments}: {error!r}")


def document_types(sandbox, token):
    status, _, body = Client(sandbox, token).call("GET", "/barcode/swagger/spec")
    assert status == 200, status
    return json.loads(body)["components"]["schemas"]["EncodeBarcodeType"]["enum"]


def samples_of(kind):
    """Values of a type, or none where the sandbox does not write it."""
    for value in SAMPLES.get(kind, ["1"]):
        try:
            here.client.generate(kind, value)
        except Refused as refused:
            if refused.is_of_the_type():
                return []
            raise Disagreement(f"{kind} refuses {value!r}: {refused}") from None
    if kind not in SAMPLES:
        raise Disagreement(f"{kind} has no samples here")
    return SAMPLES[kind]


def barcodes_of(kind, picture):
    """What the sandbox reads, or None where it does not read the type."""
    try:
        return here.client.recognize(kind, picture)
    except Refused as refused:
        if refused.is_of_the_type():
            return None
        raise


def picture_of(kind, value, form, parameters):
    _, picture = here.client.generate(kind, value, imageFormat=form, **parameters)
    if form == "Svg":
        return bytes(resvg_py.svg_to_bytes(svg_string=picture.decode()))
    return picture


def in_every_shape(kind, value, form, shape):
    picture = picture_of(kind, value, form, SHAPES[shape])
    size = Image.open(io.BytesIO(picture)).size
    where = f"{kind} {value!r} in {form}, {shape}"
    read = barcodes_of(kind, picture)
    if read is not None:
        compare(read, kind, value, size, where)
        return READ_BACK
    expected = Image.open(io.BytesIO(picture_of(kind, value, "Png", SHAPES[shape]))).size
    if size != expected or min(size) < 5:
        raise Disagreement(f"{where}: a picture of {size}, and not {expected}")
    return WRITTEN


def compare(read, kind, value, size, where):
    if [(it["type"], it["barcodeValue"]) for it in read] != [(kind, value)]:
        raise Disagreement(f"{where}: read as {read}")
    points = [(point["x"], point["y"]) for point in read[0]["region"]]
    inside = all(-1 <= x <= size[0] and -1 <= y <= size[1] for x, y in points)
    if len(points) != 4 or not inside or not clockwise_from_top_left(points):
        raise Disagreement(f"{where}: the region {points} of a picture of {size}")


def clockwise_from_top_left(points):
    """Of an upright barcode."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    return x0 < x1 and x3 < x2 and y0 < y3 and y1 < y2


def other_reader_agrees(kind, value):
    if kind not in SYMBOLS or (kind == "Interleaved2of5" and len(value) < 6):
        return UNKNOWN_TO_THE_OTHER
    # Modules of two pixels are too small for it.
    picture = picture_of(kind, value, "Png", SHAPES["twice as fine"])
    picture = Image.open(io.BytesIO(picture)).convert("L")
    mode = zxingcpp.TextMode.HRI if value.startswith("(") else zxingcpp.TextMode.Plain
    found = zxingcpp.read_barcodes(picture, text_mode=mode)
    read = [(it.format.name, it.text) for it in found]
    expected = as_the_other_says(kind, value)
    if len(read) != 1 or read[0][0] not in SYMBOLS[kind] or read[0][1] != expected:
        raise Disagreement(f"{kind} {value!r}: zxing-cpp reads {read}, not {expected!r}")
    return READ_BY_THE_OTHER


def as_the_other_says(kind, value):
    """Where the same bars have a longer form, zxing-cpp says that."""
    match kind:
        case "Code32":
            # As it is printed.
            return "A" + value
        case "PZN":
            return "-" + value
        case "UPCA":
            return "0" + value
        case "UPCE":
            return "0" + value[0] + without_zeros_left_out(value[1:7]) + value[7]
    return value


def without_zeros_left_out(six):
    """The ten digits that six of UPC-E stand for (GS1 General Specifications, 5.2.2.4.2)."""
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
