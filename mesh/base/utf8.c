/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reads one character at a time and never past the end of the string: a
 * character that is cut off there meets the zero byte, which continues none. */
#include "mesh/base/utf8.h"

#include <stdbool.h>

/* The least and the greatest second byte behind a first one: neither forms
 * that are too long, nor surrogates, nor what is above U+10FFFF. */
static bool second_fits(unsigned char first, unsigned char second)
{
    const unsigned char least = first == 0xe0   ? 0xa0
                                : first == 0xf0 ? 0x90
                                                : 0x80;
    const unsigned char most = first == 0xed   ? 0x9f
                               : first == 0xf4 ? 0x8f
                                               : 0xbf;

    return second >= least && second <= most;
}

size_t um_utf8_len(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t n = *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;

    if (*c < 0x80) {
        return 1;
    }
    if (*c < 0xc2 || *c > 0xf4 || !second_fits(*c, c[1])) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
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
