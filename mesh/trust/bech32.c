/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See bech32.h. Text becomes symbols of five bits first, with the place of each
 * in the text beside it; then the checksum, then bytes. A single mistake is
 * found by trying: the checksum is linear, so a wrong symbol at a place changes
 * it by something that depends on place and difference alone, and is compared
 * with what is off. Failure leaves `out` as it was.
 */
#include "mesh/trust/bech32.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

#define CHECK_SYMBOLS 6
#define PREFIX_MAX    16
#define BECH32M       0x2bc830a3U

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* A text as symbols. */
struct symbols {
    uint8_t v[UM_BECH32_TEXT_MAX];
    uint16_t at[UM_BECH32_TEXT_MAX]; /* where in the text; kept small enough */
    size_t n;
};

static uint32_t step(uint32_t chk, uint8_t v)
{
    static const uint32_t gen[] = {0x3b6a57b2U, 0x26508e6dU, 0x1ea119faU,
                                   0x3d4233ddU, 0x2a1462b3U};
    uint32_t top = chk >> 25;

    chk = (chk & 0x1ffffffU) << 5 ^ v;
    for (unsigned i = 0; i < 5; i++) {
        if ((top >> i & 1) != 0)
            chk ^= gen[i];
    }
    return chk;
}

/* The checksum of the prefix. */
static uint32_t begin(const char *prefix)
{
    uint32_t chk = 1;

    for (const char *p = prefix; *p != '\0'; p++)
        chk = step(chk, (uint8_t)*p >> 5);
    chk = step(chk, 0);
    for (const char *p = prefix; *p != '\0'; p++)
        chk = step(chk, (uint8_t)*p & 31);
    return chk;
}

int um_bech32_put(struct um_buf *out, const char *prefix, unsigned version,
                  struct um_str bytes)
{
    size_t symbols = 1 + (bytes.len * 8 + 4) / 5;
    size_t total = strlen(prefix) + 1 + symbols + CHECK_SYMBOLS;
    uint32_t chk = begin(prefix);
    uint32_t bits = 0;
    unsigned have = 0;
    size_t next = 0;

    assert(version < 32 && strlen(prefix) <= PREFIX_MAX);
    if (bytes.len > UM_BECH32_TEXT_MAX || total > UM_BECH32_TEXT_MAX)
        return P2P_ETOOBIG;
    um_buf_text(out, prefix);
    um_buf_byte(out, '1');
    for (size_t i = 0; i < symbols; i++) {
        uint8_t v = (uint8_t)version;

        if (i > 0) {
            while (have < 5) {
                bits =
                    bits << 8 | (next < bytes.len ? (uint8_t)bytes.p[next] : 0);
                next++;
                have += 8;
            }
            have -= 5;
            v = bits >> have & 31;
        }
        chk = step(chk, v);
        um_buf_byte(out, alphabet[v]);
    }
    for (unsigned i = 0; i < CHECK_SYMBOLS; i++)
        chk = step(chk, 0);
    chk ^= BECH32M;
    for (unsigned i = 0; i < CHECK_SYMBOLS; i++)
        um_buf_byte(out, alphabet[chk >> 5 * (5 - i) & 31]);
    return um_buf_failed(out) ? P2P_ENOMEM : 0;
}

static int wrong(struct um_bech32_error *e, enum um_bech32_wrong what,
                 size_t at)
{
    e->wrong = what;
    e->at = at;
    return what == UM_BECH32_VERSION ? P2P_ENOTSUP : P2P_EFORMAT;
}

static bool is_space(char c)
{
    return c == ' ' || c == '-' || (c >= '\t' && c <= '\r');
}

/* The next character that counts, at or after *at; false: none. */
static bool next_char(struct um_str text, size_t *at, char *c)
{
    while (*at < text.len && is_space(text.p[*at]))
        (*at)++;
    if (*at == text.len)
        return false;
    *c = text.p[*at];
    return true;
}

/* Checks the prefix; *at is behind its "1" then. */
static bool skip_prefix(struct um_str text, const char *prefix, size_t *at)
{
    char c;

    for (const char *p = prefix; *p != '\0'; p++) {
        if (!next_char(text, at, &c) || um_ascii_lower(c) != *p)
            return false;
        (*at)++;
    }
    if (!next_char(text, at, &c) || c != '1')
        return false;
    (*at)++;
    return true;
}

/* The first letter whose case is not that of those before; SIZE_MAX: none. */
static size_t mixed_at(struct um_str text)
{
    bool lower = false;
    bool upper = false;

    for (size_t i = 0; i < text.len; i++) {
        lower = lower || (text.p[i] >= 'a' && text.p[i] <= 'z');
        upper = upper || (text.p[i] >= 'A' && text.p[i] <= 'Z');
        if (lower && upper)
            return i;
    }
    return SIZE_MAX;
}

/* Reads the symbols behind the prefix. */
static int read_symbols(struct um_str text, size_t at, struct symbols *s,
                        struct um_bech32_error *error)
{
    char c;

    s->n = 0;
    for (; next_char(text, &at, &c); at++) {
        const char *where = memchr(alphabet, um_ascii_lower(c), 32);

        if (where == NULL)
            return wrong(error, UM_BECH32_CHAR, at);
        if (s->n == UM_BECH32_TEXT_MAX)
            return wrong(error, UM_BECH32_LENGTH, at);
        s->v[s->n] = (uint8_t)(where - alphabet);
        s->at[s->n] = (uint16_t)at;
        s->n++;
    }
    if (s->n < 1 + CHECK_SYMBOLS)
        return wrong(error, UM_BECH32_LENGTH, text.len);
    return 0;
}

/* Where the one wrong symbol is, if one explains it; SIZE_MAX: not one. */
static size_t find_mistake(const struct symbols *s, uint32_t off)
{
    size_t found = SIZE_MAX;

    for (uint8_t d = 1; d < 32; d++) {
        uint32_t effect = d; /* of a difference at the last place */

        for (size_t i = s->n; i-- > 0; effect = step(effect, 0)) {
            if (effect != off)
                continue;
            if (found != SIZE_MAX)
                return SIZE_MAX;
            found = s->at[i];
        }
    }
    return found;
}

/* Turns symbols into bytes; the bits that are left must be fewer than five,
 * and zero. */
static bool put_bytes(const uint8_t *v, size_t n, struct um_buf *out)
{
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < n; i++) {
        bits = (bits << 5 | v[i]) & 0xfff;
        have += 5;
        if (have >= 8) {
            have -= 8;
            um_buf_byte(out, (char)(uint8_t)(bits >> have));
        }
    }
    return have < 5 && (bits & ((1U << have) - 1)) == 0;
}

/* Reads all that is behind the prefix. */
static int read_all(struct um_str text, size_t at, const char *prefix,
                    struct symbols *s, struct um_bech32_error *error)
{
    uint32_t chk = begin(prefix);
    int err = read_symbols(text, at, s, error);

    if (err != 0)
        return err;
    for (size_t i = 0; i < s->n; i++)
        chk = step(chk, s->v[i]);
    if (chk != BECH32M)
        return wrong(error, UM_BECH32_CHECKSUM, find_mistake(s, chk ^ BECH32M));
    return 0;
}

int um_bech32_get(struct um_str text, const char *prefix, unsigned version,
                  struct um_buf *out, struct um_bech32_error *error)
{
    struct symbols s;
    size_t at = 0;
    size_t before = out->len;
    int err;

    *error = (struct um_bech32_error){UM_BECH32_FINE, SIZE_MAX};
    if (text.len > UINT16_MAX)
        return wrong(error, UM_BECH32_LENGTH, UINT16_MAX);
    if (!skip_prefix(text, prefix, &at))
        return wrong(error, UM_BECH32_PREFIX, at);
    if (mixed_at(text) != SIZE_MAX)
        return wrong(error, UM_BECH32_CASE, mixed_at(text));
    err = read_all(text, at, prefix, &s, error);
    if (err == 0 && s.v[0] != version)
        err = wrong(error, UM_BECH32_VERSION, s.at[0]);
    if (err == 0 && !put_bytes(s.v + 1, s.n - 1 - CHECK_SYMBOLS, out))
        err = wrong(error, UM_BECH32_CONTENT, SIZE_MAX);
    if (err == 0 && um_buf_failed(out))
        err = P2P_ENOMEM;
    if (err != 0)
        out->len = before;
    um_mem_wipe(&s, sizeof s);
    return err;
}
