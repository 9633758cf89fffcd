// Our own few lines between Rust and the two libraries: plain functions, plain numbers, no exception
// gets out. The order of both lists below is that of the enumerations in src/kind.rs.

#include "BarcodeFormat.h"
#include "ImageView.h"
#include "ReadBarcode.h"
#include "ReaderOptions.h"

extern "C" {
#include "zint.h"
}

#include <cstdint>
#include <cstring>
#include <string>

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

static const BarcodeFormat FORMATS[] = {
    BarcodeFormat::DataBar,
    BarcodeFormat::DataBarExp,
    BarcodeFormat::DataBarLtd,
    BarcodeFormat::MaxiCode,
    BarcodeFormat::MicroPDF417,
    BarcodeFormat::PDF417,
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

typedef void (*BarcodeCloudWritten)(void* context, const unsigned char* pixels, std::uint32_t width,
                                    std::uint32_t height);
typedef void (*BarcodeCloudRefused)(void* context, const char* reason);

// Whether libzint has done as it was told: of PDF417's columns and rows it says afterwards which it took, and takes others
// where the data does not fit.
static bool Heeded(const BarcodeCloudOrder& order, const zint_symbol& symbol)
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

// One picture of '0' and '1', or one reason.
void barcode_cloud_write(const BarcodeCloudOrder* order, void* context, BarcodeCloudWritten written,
                         BarcodeCloudRefused refused)
{
    // A length of 0 would mean "up to the NUL".
    if (!Has(SYMBOLOGIES, order->symbology) || order->length < 1 || order->length > ZINT_MAX_DATA_LEN)
        return refused(context, "nothing to encode, or too much");
    zint_symbol* symbol = ZBarcode_Create();
    if (!symbol)
        return refused(context, "out of memory");
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
        refused(context, symbol->errtxt);
    else if (error == ZINT_WARN_INVALID_OPTION || !Heeded(*order, *symbol))
        refused(context, "not in a symbol of this size");
    else
        written(context, symbol->bitmap, symbol->bitmap_width, symbol->bitmap_height);
    ZBarcode_Delete(symbol);
}

struct BarcodeCloudFound
{
    std::uint32_t format;
    std::uint32_t gs1;
    // Whether it is one of several symbols of one text.
    std::uint32_t part;
    std::uint32_t length;
    const char* text;
    std::int32_t corners[8];
};

typedef void (*BarcodeCloudSeen)(void* context, const BarcodeCloudFound* found);

// `pixels` holds width * height shades.
void barcode_cloud_read(const unsigned char* pixels, std::uint32_t width, std::uint32_t height, std::uint32_t format,
                        std::uint32_t thorough, void* context, BarcodeCloudSeen seen)
{
    if (!Has(FORMATS, format))
        return;
    try {
        ZXing::ImageView image(pixels, static_cast<int>(width), static_cast<int>(height), ZXing::ImageFormat::Lum);
        ZXing::ReaderOptions options;
        options.setFormats(ZXing::BarcodeFormats(FORMATS[format]));
        options.setTryHarder(thorough != 0);
        options.setTryRotate(true);
        options.setTryInvert(thorough != 0);
        options.setTextMode(ZXing::TextMode::Plain);
        for (const auto& barcode : ZXing::ReadBarcodes(image, options)) {
            if (!barcode.isValid())
                continue;
            std::string text = barcode.text();
            const auto& position = barcode.position();
            BarcodeCloudFound found{};
            found.format = format;
            found.gs1 = barcode.contentType() == ZXing::ContentType::GS1;
            found.part = barcode.isPartOfSequence();
            found.length = static_cast<std::uint32_t>(text.size());
            found.text = text.data();
            for (int corner = 0; corner < 4; ++corner) {
                found.corners[2 * corner] = position[corner].x;
                found.corners[2 * corner + 1] = position[corner].y;
            }
            seen(context, &found);
        }
    } catch (...) {
        // What was seen so far has been told.
    }
}
}
