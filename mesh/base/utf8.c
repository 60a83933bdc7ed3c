/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reads one character at a time and never past the end of the string: a
 * character that is cut off there meets the zero byte, which continues none. */
#include "mesh/base/utf8.h"

size_t um_utf8_len(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t n = *c < 0x80 ? 1 : *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;

    if ((*c >= 0x80 && *c < 0xc2) || *c > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* Forms that are too long, surrogates, and what is above U+10FFFF. */
    if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
        (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f)) {
        return 0;
    }
    return n;
}

void um_utf8_harmless(char *text)
{
    unsigned char *c = (unsigned char *)text;

    while (*c != '\0') {
        size_t n = um_utf8_len((const char *)c);

        if (n == 0 || *c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0)) {
            *c = '?';
            n = 1;
        }
        c += n;
    }
}
