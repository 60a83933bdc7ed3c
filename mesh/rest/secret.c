/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See secret.h. Nothing can fail. */
#include "mesh/rest/secret.h"

#include <string.h>

bool um_secret_is(const char *secret, const char *shown)
{
    size_t len = strlen(secret);
    unsigned char diff = 0;

    if (len == 0 || strlen(shown) != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        diff = (unsigned char)(diff | (secret[i] ^ shown[i]));
    }
    return diff == 0;
}

void um_secret_text(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}
