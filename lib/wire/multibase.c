/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See multibase.h. Bases of a power of two go through a bit buffer; base36
 * and base58 are long multiplication in the output itself, least significant
 * digit first, turned round at the end. The happy path needs no memory. What
 * fails is a character that is no digit, bits left over, or a full output,
 * which ends the work at once: hostile text costs at most its length times
 * cap.
 */
#include "wire/multibase.h"

#include <limits.h>

#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DECIMAL "0123456789"

struct base {
    const char *digits;
    uint8_t radix;
    uint8_t bits; /* a digit; 0: radix is no power of two */
};

/* The base of a prefix; false if there is none. */
static bool base_of(enum p2p__base prefix, struct base *b)
{
    switch (prefix) {
        case P2P__BASE16:
            *b = (struct base){DECIMAL "abcdef", 16, 4};
            return true;
        case P2P__BASE16_UPPER:
            *b = (struct base){DECIMAL "ABCDEF", 16, 4};
            return true;
        case P2P__BASE32:
            *b = (struct base){LOWER "234567", 32, 5};
            return true;
        case P2P__BASE32_UPPER:
            *b = (struct base){UPPER "234567", 32, 5};
            return true;
        case P2P__BASE36:
            *b = (struct base){DECIMAL LOWER, 36, 0};
            return true;
        case P2P__BASE36_UPPER:
            *b = (struct base){DECIMAL UPPER, 36, 0};
            return true;
        case P2P__BASE58:
            *b = (struct base){
                "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
                "abcdefghijkmnopqrstuvwxyz",
                58, 0};
            return true;
        case P2P__BASE64:
            *b = (struct base){UPPER LOWER DECIMAL "+/", 64, 6};
            return true;
        case P2P__BASE64_URL:
            *b = (struct base){UPPER LOWER DECIMAL "-_", 64, 6};
            return true;
        default:
            return false;
    }
}

/* The value of a digit, or -1. */
static int digit_of(const struct base *b, char c)
{
    const char *at = c != '\0' ? strchr(b->digits, c) : NULL;

    return at != NULL ? (int)(at - b->digits) : -1;
}

static void reverse(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t t = p[i];

        p[i] = p[len - 1 - i];
        p[len - 1 - i] = t;
    }
}

/*
 * num = num * mul + add, on *len digits of `radix`, least first.
 * False when it does not fit in cap digits.
 */
static bool mul_add(uint8_t *num, size_t *len, size_t cap, unsigned radix,
                    unsigned mul, unsigned add)
{
    unsigned carry = add;

    for (size_t i = 0; i < *len; i++) {
        carry += num[i] * mul;
        num[i] = (uint8_t)(carry % radix);
        carry /= radix;
    }
    while (carry > 0) {
        if (*len == cap) {
            return false;
        }
        num[(*len)++] = (uint8_t)(carry % radix);
        carry /= radix;
    }
    return true;
}

static int encode_radix(const struct base *b, const uint8_t *p, size_t len,
                        uint8_t *text, size_t cap)
{
    size_t zeros = 0;
    size_t n = 0;

    /* A leading zero byte is a leading zero digit, as a number has none. */
    while (zeros < len && p[zeros] == 0) {
        zeros++;
    }
    if (zeros > cap) {
        return P2P_ETOOBIG;
    }
    for (size_t i = zeros; i < len; i++) {
        if (!mul_add(text + zeros, &n, cap - zeros, b->radix, 256, p[i])) {
            return P2P_ETOOBIG;
        }
    }
    memset(text, 0, zeros);
    reverse(text + zeros, n);
    n += zeros;
    for (size_t i = 0; i < n; i++) {
        text[i] = (uint8_t)b->digits[text[i]];
    }
    return (int)n;
}

static int decode_radix(const struct base *b, const char *text, size_t len,
                        uint8_t *out, size_t cap)
{
    size_t zeros = 0;
    size_t n = 0;

    while (zeros < len && text[zeros] == b->digits[0]) {
        zeros++;
    }
    if (zeros > cap) {
        return P2P_ETOOBIG;
    }
    for (size_t i = zeros; i < len; i++) {
        int digit = digit_of(b, text[i]);

        if (digit < 0) {
            return P2P_EFORMAT;
        }
        if (!mul_add(out + zeros, &n, cap - zeros, 256, b->radix,
                     (unsigned)digit)) {
            return P2P_ETOOBIG;
        }
    }
    memset(out, 0, zeros);
    reverse(out + zeros, n);
    return (int)(n + zeros);
}

static int encode_bits(const struct base *b, const uint8_t *p, size_t len,
                       uint8_t *text, size_t cap)
{
    size_t n = (len * 8 + b->bits - 1) / b->bits;
    unsigned window = 0;
    unsigned have = 0;
    size_t used = 0;

    if (n > cap) {
        return P2P_ETOOBIG;
    }
    for (size_t i = 0; i < n; i++) {
        if (have < b->bits) {
            window = (window << 8) | (used < len ? p[used] : 0U);
            used++;
            have += 8;
        }
        have -= b->bits;
        text[i] = (uint8_t)b->digits[(window >> have) % b->radix];
    }
    return (int)n;
}

static int decode_bits(const struct base *b, const char *text, size_t len,
                       uint8_t *out, size_t cap)
{
    unsigned window = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        int digit = digit_of(b, text[i]);

        if (digit < 0) {
            return P2P_EFORMAT;
        }
        window = (window << b->bits) | (unsigned)digit;
        have += b->bits;
        if (have >= 8) {
            if (n == cap) {
                return P2P_ETOOBIG;
            }
            have -= 8;
            out[n++] = (uint8_t)(window >> have);
        }
    }
    /* Left over: less than a digit, and zero, or another text means this. */
    if (have >= b->bits || (window & ((1U << have) - 1)) != 0) {
        return P2P_EFORMAT;
    }
    return (int)n;
}

int p2p__base_encode(enum p2p__base base, const uint8_t *p, size_t len,
                     char *text, size_t cap)
{
    struct base b;
    uint8_t *out = (uint8_t *)text;

    assert(len <= INT_MAX / 8 && cap <= INT_MAX);
    if (!base_of(base, &b)) {
        return P2P_EFORMAT;
    }
    return b.bits > 0 ? encode_bits(&b, p, len, out, cap)
                      : encode_radix(&b, p, len, out, cap);
}

int p2p__base_decode(enum p2p__base base, const char *text, size_t len,
                     uint8_t *out, size_t cap)
{
    struct base b;

    assert(cap <= INT_MAX);
    if (!base_of(base, &b)) {
        return P2P_EFORMAT;
    }
    return b.bits > 0 ? decode_bits(&b, text, len, out, cap)
                      : decode_radix(&b, text, len, out, cap);
}

int p2p__multibase_encode(enum p2p__base base, const uint8_t *p, size_t len,
                          char *text, size_t cap)
{
    int n;

    if (cap == 0) {
        return P2P_ETOOBIG;
    }
    n = p2p__base_encode(base, p, len, text + 1, cap - 1);
    if (n < 0) {
        return n;
    }
    text[0] = (char)base;
    return n + 1;
}

int p2p__multibase_decode(const char *text, size_t len, uint8_t *out,
                          size_t cap)
{
    if (len == 0) {
        return P2P_EFORMAT;
    }
    return p2p__base_decode((enum p2p__base)text[0], text + 1, len - 1, out,
                            cap);
}
