// A C interface to the two libraries for Rust. It uses plain functions and numbers, and no exception leaves it.
// The order of the two lists below must be that of the enumerations in src/kind.rs.

#include "BarcodeFormat.h"
#include "ImageView.h"
#include "ReadBarcode.h"
#include "ReaderOptions.h"

extern "C" {
#include "zint.h"
}

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

using ZXing::BarcodeFormat;

static const int SYMBOLOGIES[] = {
    BARCODE_AUSPOST,    BARCODE_AUSREPLY, BARCODE_AUSROUTE,    BARCODE_AUSREDIRECT, BARCODE_AZTEC,
    BARCODE_CODABLOCKF, BARCODE_CODE11,   BARCODE_CODE16K,     BARCODE_DBAR_EXP,    BARCODE_DBAR_EXPSTK,
    BARCODE_DBAR_LTD,   BARCODE_DBAR_OMN, BARCODE_DBAR_OMNSTK, BARCODE_DBAR_STK,    BARCODE_C25LOGIC,
    BARCODE_DOTCODE,    BARCODE_HANXIN,   BARCODE_C25IATA,     BARCODE_KIX,         BARCODE_MAILMARK_4S,
    BARCODE_C25STANDARD, BARCODE_MAXICODE, BARCODE_MICROPDF417, BARCODE_MICROQR,    BARCODE_MSI_PLESSEY,
    BARCODE_PDF417,     BARCODE_PHARMA,   BARCODE_PLANET,      BARCODE_POSTNET,     BARCODE_RM4SCC,
    BARCODE_RMQR,       BARCODE_C25IND,   BARCODE_USPS_IMAIL,
};

// The formats that are requested from the library, and the formats that it then reports. A requested format without a
// variant, such as QRCode, includes all its variants, such as MicroQRCode.
struct Format
{
    std::vector<BarcodeFormat> requested;
    std::vector<BarcodeFormat> reported;
};

static const Format FORMATS[] = {
    {{BarcodeFormat::AztecCode}, {BarcodeFormat::Aztec, BarcodeFormat::AztecCode}},
    {{BarcodeFormat::Codabar}, {BarcodeFormat::Codabar}},
    {{BarcodeFormat::Code128}, {BarcodeFormat::Code128}},
    {{BarcodeFormat::Code39Std}, {BarcodeFormat::Code39, BarcodeFormat::Code39Std}},
    {{BarcodeFormat::Code93}, {BarcodeFormat::Code93}},
    {{BarcodeFormat::DataMatrix}, {BarcodeFormat::DataMatrix}},
    {{BarcodeFormat::DataBar}, {BarcodeFormat::DataBarOmni, BarcodeFormat::DataBarStk, BarcodeFormat::DataBarStkOmni}},
    {{BarcodeFormat::DataBarExp, BarcodeFormat::DataBarExpStk}, {BarcodeFormat::DataBarExp, BarcodeFormat::DataBarExpStk}},
    {{BarcodeFormat::DataBarLtd}, {BarcodeFormat::DataBarLtd}},
    {{BarcodeFormat::EAN13, BarcodeFormat::UPCA}, {BarcodeFormat::EAN13, BarcodeFormat::UPCA}},
    {{BarcodeFormat::EAN8}, {BarcodeFormat::EAN8}},
    {{BarcodeFormat::ITF}, {BarcodeFormat::ITF, BarcodeFormat::ITF14}},
    {{BarcodeFormat::MaxiCode}, {BarcodeFormat::MaxiCode}},
    {{BarcodeFormat::MicroPDF417}, {BarcodeFormat::MicroPDF417}},
    {{BarcodeFormat::MicroQRCode}, {BarcodeFormat::MicroQRCode}},
    {{BarcodeFormat::PDF417}, {BarcodeFormat::PDF417, BarcodeFormat::CompactPDF417}},
    {{BarcodeFormat::QRCodeModel1, BarcodeFormat::QRCodeModel2},
     {BarcodeFormat::QRCode, BarcodeFormat::QRCodeModel1, BarcodeFormat::QRCodeModel2}},
    {{BarcodeFormat::RMQRCode}, {BarcodeFormat::RMQRCode}},
    {{BarcodeFormat::UPCE}, {BarcodeFormat::UPCE}},
};

template <typename T, std::size_t N> static bool Has(const T (&)[N], std::uint32_t index) { return index < N; }

extern "C" {

struct BarcodeCloudOrder
{
    std::uint32_t symbology;
    std::int32_t mode;
    std::int32_t option1;
    std::int32_t option2;
    std::int32_t option3;
    std::int32_t eci;
    float scale;
    std::int32_t part;
    std::int32_t parts;
    const char* primary;
    const unsigned char* data;
    std::int32_t length;
};

typedef void (*BarcodeCloudWriteCallback)(void* context, const unsigned char* pixels, std::uint32_t width,
                                    std::uint32_t height);
typedef void (*BarcodeCloudErrorCallback)(void* context, const char* reason);

// Whether the symbol has the requested size. libzint chooses other numbers of PDF417 columns and rows if the data does
// not fit, and reports the numbers that it used.
static bool HasRequestedSize(const BarcodeCloudOrder& order, const zint_symbol& symbol)
{
    switch (symbol.symbology) {
    case BARCODE_PDF417:
        return (order.option2 < 1 || order.option2 == symbol.option_2) && (order.option3 < 1 || order.option3 == symbol.option_3);
    case BARCODE_MICROPDF417:
        return order.option2 < 1 || order.option2 == symbol.option_2;
    default:
        return true;
    }
}

// Calls `written` with an image of '0' and '1', or `failed` with the reason.
void barcode_cloud_write(const BarcodeCloudOrder* order, void* context, BarcodeCloudWriteCallback written,
                         BarcodeCloudErrorCallback failed)
{
    // libzint interprets a length of 0 as a string that ends in NUL.
    if (!Has(SYMBOLOGIES, order->symbology) || order->length < 1 || order->length > ZINT_MAX_DATA_LEN)
        return failed(context, "the data is empty or too long");
    zint_symbol* symbol = ZBarcode_Create();
    if (!symbol)
        return failed(context, "out of memory");
    symbol->symbology = SYMBOLOGIES[order->symbology];
    symbol->input_mode = order->mode;
    symbol->output_options |= OUT_BUFFER_INTERMEDIATE;
    symbol->show_hrt = 0;
    symbol->scale = order->scale;
    symbol->option_1 = order->option1;
    symbol->option_2 = order->option2;
    symbol->option_3 = order->option3;
    symbol->eci = order->eci;
    symbol->structapp.index = order->part;
    symbol->structapp.count = order->parts;
    std::strncpy(symbol->primary, order->primary, sizeof symbol->primary - 1);
    int error = ZBarcode_Encode_and_Buffer(symbol, order->data, order->length, 0);
    if (error >= ZINT_ERROR || !symbol->bitmap || symbol->bitmap_width < 1 || symbol->bitmap_height < 1)
        failed(context, symbol->errtxt);
    else if (error == ZINT_WARN_INVALID_OPTION || !HasRequestedSize(*order, *symbol))
        failed(context, "the data does not fit in a symbol of this size");
    else
        written(context, symbol->bitmap, symbol->bitmap_width, symbol->bitmap_height);
    ZBarcode_Delete(symbol);
}

struct BarcodeCloudFound
{
    std::uint32_t format;
    std::uint32_t gs1;
    // Whether it is one of several symbols that contain one text.
    std::uint32_t part;
    // Whether the symbol declares its character sets.
    std::uint32_t eci;
    std::uint32_t length;
    const char* text;
    // The bytes of the symbol, before they are decoded with a character set.
    std::uint32_t byte_length;
    const std::uint8_t* bytes;
    std::int32_t corners[8];
};

typedef void (*BarcodeCloudReadCallback)(void* context, const BarcodeCloudFound* found);

// The library reports the text of a UPC-E symbol in its UPC-A form.
static std::string Text(const ZXing::Barcode& barcode)
{
    return barcode.format() == BarcodeFormat::UPCE ? barcode.extra("UPCE") : barcode.text();
}

// `pixels` has width * height gray values, and `formats` has `count` indices of FORMATS. Calls `report` for each
// barcode.
void barcode_cloud_read(const unsigned char* pixels, std::uint32_t width, std::uint32_t height,
                        const std::uint32_t* formats, std::uint32_t count, std::uint32_t thorough, void* context,
                        BarcodeCloudReadCallback report)
{
    try {
        std::vector<BarcodeFormat> requested;
        for (std::uint32_t index = 0; index < count; ++index)
            if (Has(FORMATS, formats[index]))
                requested.insert(requested.end(), FORMATS[formats[index]].requested.begin(), FORMATS[formats[index]].requested.end());
        // The library interprets an empty list as all formats.
        if (requested.empty())
            return;
        ZXing::ImageView image(pixels, static_cast<int>(width), static_cast<int>(height), ZXing::ImageFormat::Lum);
        ZXing::ReaderOptions options;
        options.formats(std::move(requested));
        options.setTryHarder(thorough != 0);
        options.setTryRotate(true);
        options.setTryInvert(thorough != 0);
        options.setTextMode(ZXing::TextMode::Plain);
        // The character set of text for which the symbol declares none. By default the library guesses.
        options.setCharacterSet(ZXing::CharacterSet::ISO8859_1);
        for (const auto& barcode : ZXing::ReadBarcodes(image, options)) {
            if (!barcode.isValid())
                continue;
            std::string text = Text(barcode);
            const auto& bytes = barcode.bytes();
            const auto& position = barcode.position();
            BarcodeCloudFound found{};
            found.gs1 = barcode.contentType() == ZXing::ContentType::GS1;
            found.part = barcode.isPartOfSequence();
            found.eci = barcode.hasECI();
            found.length = static_cast<std::uint32_t>(text.size());
            found.text = text.data();
            found.byte_length = static_cast<std::uint32_t>(bytes.size());
            found.bytes = bytes.data();
            for (int corner = 0; corner < 4; ++corner) {
                found.corners[2 * corner] = position[corner].x;
                found.corners[2 * corner + 1] = position[corner].y;
            }
            for (std::uint32_t index = 0; index < count; ++index) {
                if (!Has(FORMATS, formats[index]))
                    continue;
                const auto& reported = FORMATS[formats[index]].reported;
                if (std::find(reported.begin(), reported.end(), barcode.format()) != reported.end()) {
                    found.format = formats[index];
                    report(context, &found);
                    break;
                }
            }
        }
    } catch (...) {
        // The barcodes that were found before the exception have been reported.
    }
}
}
