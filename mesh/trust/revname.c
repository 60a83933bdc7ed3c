/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See revname.h. Digits are compared one by one, as a name may end in the
 * middle of a byte.
 */
#include "mesh/trust/revname.h"

#include <assert.h>
#include <stdio.h>

#include "p2p/err.h"

#define DIGITS_MAX (2 * UM_NAME_BYTES)

static int digit_of(char c)
{
    c = um_ascii_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The i-th digit of an id. */
static unsigned digit_at(const struct um_name *id, unsigned i)
{
    return i % 2 == 0 ? id->b[i / 2] >> 4 : id->b[i / 2] & 15U;
}

static bool parse_digits(struct um_str s, struct um_revname *out)
{
    if (s.len == 0 || s.len > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        int d = digit_of(s.p[i]);

        if (d < 0)
            return false;
        out->id.b[i / 2] |= (uint8_t)(i % 2 == 0 ? d << 4 : d);
    }
    out->digits = (unsigned)s.len;
    return true;
}

static bool parse_number(struct um_str s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.len == 0 || s.len > 16 || s.p[0] == '0')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *out = v;
    return v <= UM_PB_NUM_MAX;
}

int um_revname_parse(struct um_str text, struct um_revname *out)
{
    bool fine;

    memset(out, 0, sizeof *out);
    if (text.len > 0 && um_ascii_lower(text.p[0]) == 'r') {
        struct um_str rest = um_str_skip(text, 1);
        size_t dot = um_str_find(rest, '.');

        fine =
            parse_number(um_str_head(rest, dot), &out->number) &&
            (dot == rest.len || parse_digits(um_str_skip(rest, dot + 1), out));
    } else {
        fine = text.len >= UM_REVNAME_BARE_DIGITS && parse_digits(text, out);
    }
    return fine ? 0 : P2P_EFORMAT;
}

bool um_revname_fits(const struct um_revname *n, uint64_t number,
                     const struct um_name *id)
{
    if (n->number != 0 && n->number != number)
        return false;
    for (unsigned i = 0; i < n->digits; i++) {
        if (digit_at(&n->id, i) != digit_at(id, i))
            return false;
    }
    return true;
}

unsigned um_revname_digits(const struct um_name *a, const struct um_name *b)
{
    unsigned i = 0;

    while (i < DIGITS_MAX && digit_at(a, i) == digit_at(b, i))
        i++;
    if (i < UM_REVNAME_DIGITS)
        return UM_REVNAME_DIGITS;
    return i < DIGITS_MAX ? i + 1 : DIGITS_MAX;
}

char *um_revname_text(uint64_t number, const struct um_name *id,
                      unsigned digits, char text[UM_REVNAME_TEXT_MAX])
{
    char hex[UM_NAME_TEXT_MAX];

    assert(digits <= DIGITS_MAX && number <= UM_PB_NUM_MAX);
    um_name_text(id, hex);
    (void)snprintf(text, UM_REVNAME_TEXT_MAX, "r%llu.%.*s",
                   (unsigned long long)number, (int)digits, hex);
    return text;
}
