#!/usr/bin/env bash
# Calls the sandbox with curl: all nine operations, with JSON, XML and forms, and the errors. Reads the URLs and
# credentials of the sandbox from BARCODE_CLOUD_*. The argument is a directory for temporary files. The sandbox must
# serve the file `behind-the-url` in that directory as PICTURE_URL.
set -euo pipefail
cd "$1"
base=$BARCODE_CLOUD_BASE_URL/barcode
checks=0

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
ask() { curl --silent --show-error --noproxy '*' --max-time 60 "$@"; }

# expect NAME STATUS CONTENT-TYPE CURL-ARGUMENTS...: sends a request; writes the response body to ./response.
expect() {
    local name=$1 status=$2 type=$3 got
    shift 3
    got=$(ask -o response -w '%{http_code} %{content_type}' -H "Authorization: Bearer $token" "$@")
    case $got in
        "$status $type"*) checks=$((checks + 1)) ;;
        *) fail "$name: got '$got', not '$status $type': $(head -c 500 response)" ;;
    esac
}
has() { grep -qF -- "$1" response || fail "no '$1' in: $(head -c 500 response)"; }
begins() { [ "$(head -c 4 response | od -An -tx1 | tr -d ' ')" = "$1" ] || fail "the file does not begin with $1"; }

# Pass the secret on standard input, so that it does not appear in the process list.
token_response=$(printf %s "$BARCODE_CLOUD_CLIENT_SECRET" | ask -d grant_type=client_credentials \
    -d "client_id=$BARCODE_CLOUD_CLIENT_ID" --data-urlencode client_secret@- "$BARCODE_CLOUD_TOKEN_URL")
token=$(sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' <<<"$token_response")
[ -n "$token" ] || fail "no token: $token_response"
basic_response=$(printf 'user = "%s:%s"\n' "$BARCODE_CLOUD_CLIENT_ID" "$BARCODE_CLOUD_CLIENT_SECRET" |
    ask --config - -d grant_type=client_credentials "$BARCODE_CLOUD_TOKEN_URL")
grep -q '"token_type" *: *"Bearer"' <<<"$basic_response" || fail "no token with Basic authentication: $basic_response"

# Generate with a query, JSON, XML and a form.
expect "generate by query" 200 image/png -G "$base/generate/QR" --data-urlencode 'data=A & B = ü'
begins 89504e47
cp response qr.png
cp response behind-the-url
expect "generate by JSON" 200 image/jpeg "$base/generate-body" -H 'Content-Type: application/json' -d '{
    "barcodeType": "Code128", "encodeData": {"data": "curl 1"}, "barcodeImageParams": {"imageFormat": "Jpeg"}}'
begins ffd8ffe0
cp response code128.jpg
expect "generate by XML" 200 image/gif "$base/generate-body" -H 'Content-Type: application/xml' -d '<?xml version="1.0"?>
    <GenerateParams><BarcodeType>EAN13</BarcodeType><EncodeData><Data>4006381333931</Data></EncodeData>
    <BarcodeImageParams><ImageFormat>Gif</ImageFormat></BarcodeImageParams></GenerateParams>'
begins 47494638
cp response ean13.gif
expect "generate by form" 200 image/tiff "$base/generate-multipart" \
    -F barcodeType=Pdf417 --form-string 'data=curl; and more' -F imageFormat=Tiff -F rotationAngle=90
cp response pdf417.tiff

# Recognize with a query, JSON, XML and a form.
expect "recognize by URL" 200 application/json -G "$base/recognize" -d barcodeType=QR --data-urlencode "fileUrl=$PICTURE_URL"
has '"barcodeValue":"A & B = ü"'
printf '{"barcodeTypes": ["EAN13", "Code128"], "fileBase64": "%s"}' "$(base64 -w0 code128.jpg)" >request
expect "recognize by JSON" 200 application/json "$base/recognize-body" -H 'Content-Type: application/json' --data-binary @request
has '"barcodeValue":"curl 1"'
has '"type":"Code128"'
printf '<RecognizeBase64Request><BarcodeTypes><DecodeBarcodeType>EAN13</DecodeBarcodeType></BarcodeTypes><FileBase64>%s</FileBase64></RecognizeBase64Request>' \
    "$(base64 -w0 ean13.gif)" >request
expect "recognize by XML" 200 application/xml "$base/recognize-body" -H 'Content-Type: application/xml' -H 'Accept: application/xml' \
    --data-binary @request
has '<BarcodeValue>4006381333931</BarcodeValue>'
has '<Type>EAN13</Type>'
expect "recognize by form" 200 application/json "$base/recognize-multipart" -F barcodeType=Pdf417 -F file=@pdf417.tiff
has '"barcodeValue":"curl; and more"'

# Scan with a query, JSON, XML and a form.
expect "scan by URL" 200 application/xml -G "$base/scan" -H 'Accept: application/xml' --data-urlencode "fileUrl=$PICTURE_URL"
has '<BarcodeValue>A &amp; B = ü</BarcodeValue>'
printf '{"fileBase64": "%s"}' "$(base64 -w0 qr.png)" >request
expect "scan by JSON" 200 application/json "$base/scan-body" -H 'Content-Type: application/json' --data-binary @request
has '"type":"QR"'
printf '<ScanBase64Request><FileBase64>%s</FileBase64></ScanBase64Request>' "$(base64 -w0 qr.png)" >request
expect "scan by XML" 200 application/json "$base/scan-body" -H 'Content-Type: application/xml' --data-binary @request
has '"type":"QR"'
expect "scan by form" 200 application/json "$base/scan-multipart" -F file=@ean13.gif
has '"barcodeValue":"4006381333931"'
expect "scan by form, without a length, response compressed" 200 application/json --compressed -H 'Transfer-Encoding: chunked' \
    "$base/scan-multipart" -F file=@ean13.gif
has '"type":"EAN13"'

# Invalid requests are rejected, with an error in the format that the caller accepts.
expect "no data" 400 application/json "$base/generate/QR"
has "Error: Field name: 'Data' errors: The Data field is required."
has '"code":"errorInvalidInputData"'
expect "a wrong value" 400 application/json "$base/generate/QR?data=1&imageFormat=wrong"
has "The value 'wrong' is not valid for ImageFormat."
expect "no data, in XML" 400 application/xml "$base/generate/QR" -H 'Accept: application/xml'
has '<Code>errorInvalidInputData</Code>'
expect "broken JSON" 400 application/json "$base/generate-body" -H 'Content-Type: application/json' -d '{'
expect "broken XML" 400 application/json "$base/generate-body" -H 'Content-Type: application/xml' -d '<GenerateParams>'
expect "no file" 400 application/json "$base/scan-multipart" -F other=1
expect "no URL" 400 application/json "$base/scan"
has "'FileUrl' errors: The FileUrl field is required."
valid_token=$token
token=${token%?????}AAAAA
expect "a forged token" 401 application/json "$base/generate/QR?data=1"
has '"requestId":'
token=$valid_token
[ "$(ask -o response -w '%{http_code}' "$base/scan-multipart" -F file=@qr.png)" = 401 ] || fail "a request without a token did not return 401"
[ "$(ask -o response -w '%{http_code}' -d grant_type=client_credentials -d client_id=x -d client_secret=y \
    "$BARCODE_CLOUD_TOKEN_URL")" = 400 ] || fail "a wrong secret did not return 400"
has '"invalid_client"'

echo "curl: $((checks + 4)) requests returned the expected responses"
