/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See qr.h. Failure mode: no memory, then there is no code. */
#include "mesh/app/qr.h"

#include <ctype.h>
#include <qrencode.h>
#include <string.h>

/* The widest code there is has 177 modules. */
#define WIDEST 177

static void put_rows(struct um_json *j, const QRcode *code)
{
    char row[WIDEST + 1];

    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            row[x] = (code->data[y * code->width + x] & 1) != 0 ? '1' : '0';
        }
        row[code->width] = '\0';
        um_json_text(j, NULL, row);
    }
}

void um_qr_put(struct um_json *j, const char *key, const char *text)
{
    char upper[UM_QR_TEXT_BYTES + 1];
    size_t n = strlen(text);
    QRcode *code;

    if (n > UM_QR_TEXT_BYTES) {
        return;
    }
    for (size_t i = 0; i <= n; i++) {
        upper[i] = (char)toupper((unsigned char)text[i]);
    }
    code = QRcode_encodeString(upper, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (code == NULL) {
        return;
    }
    if (code->width <= WIDEST) {
        um_json_open(j, key, '[');
        put_rows(j, code);
        um_json_close(j, ']');
    }
    QRcode_free(code);
}
