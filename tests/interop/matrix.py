"""Every type that the sandbox has, with three values, in every format, in three shapes: written, read back, equal.

Which types there are is asked of the running sandbox: those of its document, less those that it says it does not have.
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
SAMPLES_OF_A_TYPE = 3

TEXTS = ["Test", "Привет, мир 🙂", "https://example.com/?q=1&x=%20"]
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
    "EAN14": ["(01)09501101530003", "(01)19501101530000", "(01)00012345678905"],
    "SCC14": ["(01)09501101530003", "(01)19501101530000", "(01)00012345678905"],
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
}
# For a type that stands not above: the first three that it takes. What is read may have a check digit or brackets more.
CANDIDATES = [
    "12345", "123456", "1234567", "12345678", "1234567890", "12345678901", "123456789012", "1234567890123", "AB12", "A1",
    "Test", "0950110153000", "(01)09501101530003", "12345678901234567890", "(01)09501101530003(10)ABC", "1", "12", "123",
    "1234", "(8110)106141416543213150110120", "A", "1234AB12", "09501101530003", "514141100906(8102)03", "JGB 012100123412345678AB19XY1A 0",
]  # fmt: skip

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
            failures, types = check(pool, list(document_types(sandbox, token)))
    for failure in failures:
        print(f"FAILED: {failure}")
    done = len(types) * SAMPLES_OF_A_TYPE * len(FORMATS) * len(SHAPES)
    other = sum(kind in SYMBOLS for kind in types)
    print(
        f"matrix: {len(types)} types, {done} pictures written and read back, samples of {other} types read by zxing-cpp, "
        f"{len(failures)} failures, {time.monotonic() - begin:.0f} s"
    )
    sys.exit(bool(failures) or not types)


def check(pool, kinds):
    failures, samples = [], {}
    for kind, found in zip(kinds, pool.map(attempt, [samples_of] * len(kinds), kinds)):
        if isinstance(found, Disagreement):
            failures.append(found)
        elif found:
            samples[kind] = found
    jobs = []
    for kind, values in samples.items():
        for value in values:
            jobs.append((other_reader_agrees, kind, value))
            jobs += [(round_trip, kind, value, form, shape) for form in FORMATS for shape in SHAPES]
    results = pool.map(lambda job: attempt(*job), jobs)
    return failures + [it for it in results if isinstance(it, Disagreement)], samples


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
    """Values of a type as they are read, or none where the sandbox does not have the type."""
    values = []
    refusals = collections.Counter()
    for candidate in SAMPLES.get(kind, CANDIDATES):
        try:
            _, picture = here.client.generate(kind, candidate)
        except Refused as refused:
            _, code, message = refused.args
            if code == "errorNotSupportedBySandbox" and "'BarcodeType' errors:" in message:
                return []
            if kind in SAMPLES:
                raise Disagreement(f"{kind} refuses {candidate!r}: {message}") from None
            refusals[message] += 1
            continue
        if kind in SAMPLES:
            values.append(candidate)
            continue
        # A type whose values are not known here: what is read must hold what was written.
        read = [it["barcodeValue"] for it in here.client.recognize(kind, picture)]
        if len(read) != 1 or candidate not in read[0]:
            raise Disagreement(f"{kind}: {candidate!r} is read as {read}")
        values.append(read[0])
        if len(values) == SAMPLES_OF_A_TYPE:
            break
    if len(values) < SAMPLES_OF_A_TYPE:
        raise Disagreement(f"{kind} takes too few of the samples; they need some for it: {refusals.most_common(2)}")
    return values


def picture_of(kind, value, form, parameters):
    _, picture = here.client.generate(kind, value, imageFormat=form, **parameters)
    if form == "Svg":
        return bytes(resvg_py.svg_to_bytes(svg_string=picture.decode()))
    return picture


def round_trip(kind, value, form, shape):
    picture = picture_of(kind, value, form, SHAPES[shape])
    read = here.client.recognize(kind, picture)
    if [(it["type"], it["barcodeValue"]) for it in read] != [(kind, value)]:
        raise Disagreement(f"{kind} {value!r} in {form}, {shape}: read as {read}")
    size = Image.open(io.BytesIO(picture)).size
    points = [(point["x"], point["y"]) for point in read[0]["region"]]
    inside = all(-1 <= x <= size[0] and -1 <= y <= size[1] for x, y in points)
    if len(points) != 4 or not inside or not clockwise_from_top_left(points):
        raise Disagreement(f"{kind} {value!r} in {form}, {shape}: the region {points} of a picture of {size}")


def clockwise_from_top_left(points):
    """Of an upright barcode."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    return x0 < x1 and x3 < x2 and y0 < y3 and y1 < y2


def other_reader_agrees(kind, value):
    if kind not in SYMBOLS or (kind == "Interleaved2of5" and len(value) < 6):
        return
    picture = Image.open(io.BytesIO(picture_of(kind, value, "Png", {}))).convert("L")
    mode = zxingcpp.TextMode.HRI if value.startswith("(") else zxingcpp.TextMode.Plain
    found = zxingcpp.read_barcodes(picture, text_mode=mode)
    read = [(it.format.name, it.text) for it in found]
    expected = as_the_other_says(kind, value)
    if len(read) != 1 or read[0][0] not in SYMBOLS[kind] or read[0][1] != expected:
        raise Disagreement(f"{kind} {value!r}: zxing-cpp reads {read}, not {expected!r}")


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
