/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See hex.h. */
#include "hex.h"

#include "unit.h"

#define VECTOR_MAX 8192

/* The value of a digit; fails the test if it is none. */
static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    assert_in_range(c, 'a', 'f');
    return (unsigned)(c - 'a') + 10;
}

size_t unhex(const char *hex, uint8_t *out, size_t cap)
{
    size_t nibbles = 0;

    for (; *hex != '\0'; hex++) {
        if (*hex == ' ' || *hex == '\n') {
            continue;
        }
        assert_true(nibbles / 2 < cap);
        if (nibbles % 2 == 0) {
            out[nibbles / 2] = (uint8_t)(digit(*hex) << 4);
        } else {
            out[nibbles / 2] |= (uint8_t)digit(*hex);
        }
        nibbles++;
    }
    assert_true(nibbles % 2 == 0);
    return nibbles / 2;
}

void assert_hex(const void *p, size_t len, const char *hex)
{
    uint8_t want[VECTOR_MAX];
    size_t want_len = unhex(hex, want, sizeof want);

    assert_int_equal(len, want_len);
    assert_memory_equal(p, want, want_len);
}
