/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * String literals. A literal is looked through first, to its closing quote,
 * and decoded then: a wrong surrogate is reported after every other mistake of
 * the same literal, as Unit does. Failure modes: those mistakes.
 */
#include "mesh/doc/text.h"

#include <assert.h>
#include <stdint.h>

#include "p2p/err.h"

static int fail(struct um_text_error *err, size_t at, const char *text)
{
    *err = (struct um_text_error){text, at};
    return P2P_EFORMAT;
}

/* The value of a hexadecimal digit, or -1. */
static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = um_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where the escape whose backslash is s.p[i] ends; 0 if it is none. */
static size_t escape_end(struct um_str s, size_t i, struct um_text_error *err)
{
    size_t end = i + 2;

    if (end > s.len)
        return s.len;
    if (s.p[i + 1] != 'u') {
        if (memchr("\"\\/nrtbf", s.p[i + 1], 8) != NULL)
            return end;
        (void)fail(err, i,
                   "Unexpected backslash.  A literal backslash in a JSON "
                   "string must be escaped with a second backslash (\\\\).");
        return 0;
    }
    for (; end < i + 6 && end < s.len; end++) {
        if (hex(s.p[end]) >= 0)
            continue;
        (void)fail(err, end,
                   "Invalid escape sequence.  An escape sequence in a JSON "
                   "string must start with a backslash, followed by the "
                   "lowercase letter u, followed by four hexadecimal digits "
                   "(\\uXXXX).");
        return 0;
    }
    return end;
}

/* Finds the closing quote from i on. */
static int find_end(struct um_str s, size_t i, size_t *end,
                    struct um_text_error *err)
{
    while (i < s.len && s.p[i] != '"') {
        if (s.p[i] == '\\') {
            i = escape_end(s, i, err);
            if (i == 0)
                return P2P_EFORMAT;
        } else if ((uint8_t)s.p[i] < ' ') {
            return fail(err, i,
                        "Unexpected character.  All control characters in a "
                        "JSON string must be escaped.");
        } else {
            i++;
        }
    }
    *end = i;
    if (i < s.len)
        return 0;
    return fail(err, s.len,
                "Unexpected end of JSON payload.  There's a string without a "
                "final double quote (\").");
}

static uint32_t hex4(const char *p)
{
    return (uint32_t)(hex(p[0]) << 12 | hex(p[1]) << 8 | hex(p[2]) << 4 |
                      hex(p[3]));
}

/* Writes a character as UTF-8; returns its bytes. */
static size_t put_char(char *to, uint32_t u)
{
    size_t n = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = n - 1; i > 0; i--, u >>= 6)
        to[i] = (char)(0x80 | (u & 0x3f));
    to[0] = (char)(lead[n] | u);
    return n;
}

/* Reads the \u escape, or the pair of them, whose backslash is s.p[*at]. */
static int read_unicode(struct um_str s, size_t *at, uint32_t *out,
                        struct um_text_error *err)
{
    size_t begin = *at;
    uint32_t low;

    *out = hex4(s.p + begin + 2);
    *at += 6;
    if ((*out & 0xf800) != 0xd800)
        return 0;
    /* The closing quote, at the latest, ends the look ahead. */
    if (*out >= 0xdc00 || s.p[*at] != '\\' || s.p[*at + 1] != 'u')
        return fail(err, begin,
                    "Invalid JSON encoding sequence.  This 6-byte sequence "
                    "does not represent a valid UTF character.");
    low = hex4(s.p + *at + 2);
    *at += 6;
    if ((low & 0xfc00) != 0xdc00)
        return fail(err, begin,
                    "Invalid JSON encoding sequence.  This 12-byte sequence "
                    "composes an illegal UTF-16 surrogate pair.");
    *out = 0x10000 + ((*out & 0x3ff) << 10 | (low & 0x3ff));
    return 0;
}

static char plain_escape(char c)
{
    static const char from[] = "nrtbf";
    static const char to[] = "\n\r\t\b\f";
    const char *p = memchr(from, c, 5);

    return p != NULL ? to[p - from] : c;
}

/* Decodes what stands between the quotes. */
static int decode(struct um_str in, char *to, size_t *len,
                  struct um_text_error *err)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len - 1;) {
        uint32_t u;
        int rc;

        if (in.p[i] != '\\') {
            to[n++] = in.p[i++];
        } else if (in.p[i + 1] != 'u') {
            to[n++] = plain_escape(in.p[i + 1]);
            i += 2;
        } else {
            rc = read_unicode(in, &i, &u, err);
            if (rc != 0)
                return rc;
            n += put_char(to + n, u);
        }
    }
    *len = n;
    return 0;
}

int um_text_read(struct um_str s, size_t *at, char *to, size_t *len,
                 struct um_text_error *err)
{
    size_t begin = *at + 1;
    size_t end;
    int rc;

    assert(*at < s.len && s.p[*at] == '"');
    rc = find_end(s, begin, &end, err);
    if (rc != 0)
        return rc;
    *at = end + 1;
    /* The closing quote goes along: it ends each look ahead. */
    rc = decode(um_str_n(s.p + begin, end - begin + 1), to, len, err);
    if (rc != 0)
        err->at += begin;
    assert(rc != 0 || *len <= end - begin);
    return rc;
}

static void write_escape(struct um_buf *out, char c)
{
    static const char from[] = "\n\r\t\b\f\"\\";
    static const char to[] = "nrtbf\"\\";
    const char *p = memchr(from, c, 7);

    um_buf_byte(out, '\\');
    if (p != NULL)
        um_buf_byte(out, to[p - from]);
    else
        um_buf_fmt(out, "u%04X", (unsigned)(uint8_t)c);
}

void um_text_write(struct um_buf *out, struct um_str s)
{
    um_buf_byte(out, '"');
    while (s.len > 0) {
        size_t n = 0;

        while (n < s.len && (uint8_t)s.p[n] >= ' ' && s.p[n] != '"' &&
               s.p[n] != '\\')
            n++;
        um_buf_str(out, um_str_head(s, n));
        if (n < s.len)
            write_escape(out, s.p[n++]);
        s = um_str_skip(s, n);
    }
    um_buf_byte(out, '"');
}
