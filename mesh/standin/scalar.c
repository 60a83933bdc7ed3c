/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Strings and numbers. A string is scanned first, which finds its end and what
 * is wrong with its escapes, and decoded then, which finds surrogates that do
 * not belong together: so the first kind of mistake is reported before the
 * second, wherever they stand. A number keeps its text; its value is looked at
 * only to tell integers from fractions and to refuse what no int64 holds.
 */
#include "mesh/standin/scalar.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "p2p/err.h"

static int fail(struct um_sjson_error *err, size_t at, const char *detail)
{
    err->at = at;
    err->detail = detail;
    return P2P_EFORMAT;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* Checks the escape whose backslash is at *at; moves *at to its last byte. */
static int scan_escape(struct um_str text, size_t *at,
                       struct um_sjson_error *err)
{
    size_t slash = *at;

    if (slash + 1 == text.len) {
        *at = text.len - 1;
        return 0;
    }
    if (text.p[slash + 1] != 'u') {
        if (memchr("\"\\/nrtbf", text.p[slash + 1], 8) == NULL)
            return fail(err, slash,
                        "Unexpected backslash.  A literal backslash in a JSON "
                        "string must be escaped with a second backslash "
                        "(\\\\).");
        *at = slash + 1;
        return 0;
    }
    for (*at = slash + 1; *at < slash + 5; (*at)++) {
        if (*at + 1 == text.len)
            return 0;
        if (!is_hex(text.p[*at + 1]))
            return fail(err, *at + 1,
                        "Invalid escape sequence.  An escape sequence in a "
                        "JSON string must start with a backslash, followed by "
                        "the lowercase letter u, followed by four hexadecimal "
                        "digits (\\uXXXX).");
    }
    return 0;
}

/* Finds the closing quote of the string whose content begins at start. */
static int scan_string(struct um_str text, size_t start, size_t *end,
                       bool *escapes, struct um_sjson_error *err)
{
    *escapes = false;
    for (size_t i = start; i < text.len; i++) {
        char c = text.p[i];
        int rc;

        if (c == '"') {
            *end = i;
            return 0;
        }
        if (c == '\\') {
            *escapes = true;
            rc = scan_escape(text, &i, err);
            if (rc != 0)
                return rc;
        } else if ((uint8_t)c < ' ') {
            return fail(err, i,
                        "Unexpected character.  All control characters in a "
                        "JSON string must be escaped.");
        }
    }
    return fail(err, text.len,
                "Unexpected end of JSON payload.  There's a string without a "
                "final double quote (\").");
}

static uint32_t hex4(const char *p)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 4; i++) {
        char c = p[i];

        value <<= 4;
        value |= (uint32_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static char *utf8_put(char *to, uint32_t u)
{
    if (u < 0x80) {
        *to++ = (char)u;
        return to;
    }
    if (u < 0x800) {
        *to++ = (char)(0xc0 | (u >> 6));
    } else {
        if (u < 0x10000) {
            *to++ = (char)(0xe0 | (u >> 12));
        } else {
            *to++ = (char)(0xf0 | (u >> 18));
            *to++ = (char)(0x80 | ((u >> 12) & 0x3f));
        }
        *to++ = (char)(0x80 | ((u >> 6) & 0x3f));
    }
    *to++ = (char)(0x80 | (u & 0x3f));
    return to;
}

/*
 * The character of the \u escape (or pair) whose first digit is at *at; moves
 * *at behind it. The closing quote stops every look ahead.
 */
static int decode_unicode(struct um_str text, size_t *at, uint32_t *out,
                          struct um_sjson_error *err)
{
    uint32_t high = hex4(text.p + *at);
    uint32_t low;

    *at += 4;
    *out = high;
    if (high < 0xd800 || high > 0xdfff)
        return 0;
    if (high > 0xdbff || text.p[*at] != '\\' || text.p[*at + 1] != 'u')
        return fail(err, *at - 6,
                    "Invalid JSON encoding sequence.  This 6-byte sequence "
                    "does not represent a valid UTF character.");
    low = hex4(text.p + *at + 2);
    *at += 6;
    if (low < 0xdc00 || low > 0xdfff)
        return fail(err, *at - 12,
                    "Invalid JSON encoding sequence.  This 12-byte sequence "
                    "composes an illegal UTF-16 surrogate pair.");
    *out = ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
    return 0;
}

static char plain_escape(char c)
{
    switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        default:
            return c;
    }
}

/* The string whose content is text.p[start] to text.p[end], a quote. */
struct span {
    struct um_str text;
    size_t start;
    size_t end;
};

static int decode(const struct span *s, char *to, size_t *len,
                  struct um_sjson_error *err)
{
    struct um_str text = s->text;
    char *begin = to;

    for (size_t i = s->start; i < s->end;) {
        char c = text.p[i++];
        uint32_t u;
        int rc;

        if (c != '\\') {
            *to++ = c;
            continue;
        }
        c = text.p[i++];
        if (c != 'u') {
            *to++ = plain_escape(c);
            continue;
        }
        rc = decode_unicode(text, &i, &u, err);
        if (rc != 0)
            return rc;
        to = utf8_put(to, u);
    }
    *len = (size_t)(to - begin);
    assert(*len <= s->end - s->start);
    return 0;
}

int um_sjson_string(struct um_str text, size_t *at, struct um_arena *arena,
                    struct um_str *out, struct um_sjson_error *err)
{
    struct span s = {text, *at + 1, 0};
    bool escapes = false;
    char *bytes;
    int rc;

    assert(*at < text.len && text.p[*at] == '"');
    rc = scan_string(text, s.start, &s.end, &escapes, err);
    if (rc != 0)
        return rc;
    *at = s.end + 1;
    bytes = um_arena_alloc(arena, s.end - s.start);
    if (bytes == NULL)
        return P2P_ENOMEM;
    out->p = bytes;
    if (escapes)
        return decode(&s, bytes, &out->len, err);
    out->len = s.end - s.start;
    memcpy(bytes, text.p + s.start, out->len);
    return 0;
}

/* Behind the digits, with at most one dot, that begin at i. */
static size_t skip_mantissa(struct um_str text, size_t i, size_t *dot)
{
    *dot = text.len;
    for (; i < text.len; i++) {
        if (is_digit(text.p[i]))
            continue;
        if (text.p[i] != '.' || *dot < text.len)
            break;
        *dot = i;
    }
    return i;
}

/* Behind the exponent that may begin at i; i itself if digits are missing. */
static bool skip_exponent(struct um_str text, size_t *at)
{
    size_t i = *at;
    size_t digits;

    if (i == text.len || (text.p[i] | 0x20) != 'e')
        return true;
    i++;
    if (i < text.len && (text.p[i] == '-' || text.p[i] == '+'))
        i++;
    for (digits = i; i < text.len && is_digit(text.p[i]); i++) {
    }
    *at = i;
    return i > digits;
}

/* Tells integers from fractions by the value; false if out of range. */
static bool classify(struct um_str number, enum um_sval_type *type)
{
    char text[UM_SJSON_NUMBER_MAX + 1];
    char *end;
    double value;

    assert(number.len < sizeof(text));
    memcpy(text, number.p, number.len);
    text[number.len] = '\0';
    errno = 0;
    value = strtod(text, &end);
    assert(*end == '\0');
    if (errno == ERANGE || fabs(value) > (double)INT64_MAX)
        return false;
    *type = value == trunc(value) ? UM_SVAL_INTEGER : UM_SVAL_NUMBER;
    return true;
}

int um_sjson_number(struct um_str text, size_t *at, struct um_arena *arena,
                    struct um_sval *out, struct um_sjson_error *err)
{
    size_t start = *at;
    size_t digits = start + (text.p[start] == '-');
    size_t dot;
    size_t end = skip_mantissa(text, digits, &dot);

    assert(digits < text.len && is_digit(text.p[digits]));
    if (dot < text.len && end - dot <= 1)
        return fail(err, digits,
                    "The number is invalid.  A fraction part in JSON numbers "
                    "must contain at least one digit.");
    if ((dot < text.len ? dot : end) - digits > 1 && text.p[start] == '0')
        return fail(err, digits,
                    "The number is invalid.  Leading zeros are not allowed in "
                    "JSON numbers.");
    if (!skip_exponent(text, &end))
        return fail(err, start,
                    "The number is invalid.  An exponent part in JSON numbers "
                    "must contain at least one digit.");
    if (end - start > UM_SJSON_NUMBER_MAX)
        return fail(err, start,
                    "The number is too long.  Such a long JSON number value "
                    "is not supported.");
    *out = (struct um_sval){.text = um_str_n(text.p + start, end - start)};
    if (!classify(out->text, &out->type))
        return fail(err, start,
                    "The number is out of representable range.  Such JSON "
                    "number value is not supported.");
    *at = end;
    return um_arena_dup(arena, out->text, &out->text) ? 0 : P2P_ENOMEM;
}
