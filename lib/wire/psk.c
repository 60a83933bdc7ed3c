/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The file of a private network's key: see p2p/psk.h. Two lines, then the key:
 * a line of digits, or 32 bytes as they are. What is wrong is told with its
 * line; nothing of the third line is ever quoted, it is a secret.
 */
#include "p2p/psk.h"

#include <stdio.h>

#include "wire/multibase.h"

#define MAGIC "/key/swarm/psk/1.0.0/"

/* Digits of a key in base16; in base64, with and without its padding. */
#define HEX_DIGITS 64U
#define B64_DIGITS 43U
#define B64_PADDED 44U

/* What is left of the file, and where that is. */
struct reader {
    const char *p;
    size_t len;
    unsigned line; /* of the text that was read last, from 1 */
    char *why;
    size_t cap;
};

/* Says what is wrong in the line. */
static int wrong(const struct reader *r, int err, const char *text)
{
    if (r->why != NULL && r->cap > 0) {
        (void)snprintf(r->why, r->cap, "line %u: %s", r->line, text);
    }
    return err;
}

/* Takes a line without its end, which the last one may lack. */
static size_t next_line(struct reader *r, const char **text)
{
    const char *end = r->len > 0 ? memchr(r->p, '\n', r->len) : NULL;
    size_t n = end != NULL ? (size_t)(end - r->p) : r->len;
    size_t whole = end != NULL ? n + 1 : n;

    *text = r->p;
    r->p += whole;
    r->len -= whole;
    r->line++;
    return n > 0 && (*text)[n - 1] == '\r' ? n - 1 : n;
}

static bool line_is(const char *text, size_t len, const char *want)
{
    return len == strlen(want) && memcmp(text, want, len) == 0;
}

/* Digits of base16 in either case, as go and js read them. */
static int read_hex(const char *text, size_t len, uint8_t *psk)
{
    char low[HEX_DIGITS];

    if (len != sizeof low) {
        return P2P_EFORMAT;
    }
    for (size_t i = 0; i < len; i++) {
        low[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a')
                                                  : text[i];
    }
    return p2p__base_decode(P2P__BASE16, low, len, psk, P2P_PSK_BYTES);
}

static int read_base64(const char *text, size_t len, uint8_t *psk)
{
    if (len == B64_PADDED && text[B64_DIGITS] == '=') {
        len--;
    }
    if (len != B64_DIGITS) {
        return P2P_EFORMAT;
    }
    return p2p__base_decode(P2P__BASE64, text, len, psk, P2P_PSK_BYTES);
}

/* The key as a line of digits, and nothing but empty lines behind it. */
static int read_digits(struct reader *r, bool hex, uint8_t *psk)
{
    const char *text;
    size_t len = next_line(r, &text);
    int rv = hex ? read_hex(text, len, psk) : read_base64(text, len, psk);

    if (rv != P2P_PSK_BYTES) {
        return wrong(r, P2P_EFORMAT,
                     hex ? "not a key: 64 digits of base16 are expected"
                         : "not a key: 43 digits of base64 are expected");
    }
    while (r->len > 0) {
        if (next_line(r, &text) > 0) {
            return wrong(r, P2P_EFORMAT, "nothing is expected after the key");
        }
    }
    return 0;
}

/* The key as it is. */
static int read_bin(struct reader *r, uint8_t *psk)
{
    r->line++;
    if (r->len != P2P_PSK_BYTES) {
        return wrong(r, P2P_EFORMAT, "not a key: 32 bytes are expected");
    }
    memcpy(psk, r->p, P2P_PSK_BYTES);
    return 0;
}

static int read_key(struct reader *r, uint8_t *psk)
{
    const char *text;
    size_t len = next_line(r, &text);

    if (!line_is(text, len, MAGIC)) {
        return wrong(r, P2P_EFORMAT,
                     "not the key of a private network: " MAGIC " is expected");
    }
    len = next_line(r, &text);
    if (line_is(text, len, "/base16/")) {
        return read_digits(r, true, psk);
    }
    if (line_is(text, len, "/base64/")) {
        return read_digits(r, false, psk);
    }
    if (line_is(text, len, "/bin/")) {
        return read_bin(r, psk);
    }
    return wrong(r, P2P_ENOTSUP, "/base16/, /base64/ or /bin/ is expected");
}

int p2p_psk_read(const void *file, size_t len, uint8_t psk[P2P_PSK_BYTES],
                 char *why, size_t cap)
{
    struct reader r = {.p = file, .len = len, .why = why, .cap = cap};
    int rv;

    if (len > P2P_PSK_FILE_MAX) {
        r.line = 1;
        rv = wrong(&r, P2P_ETOOBIG, "the file is longer than 1024 bytes");
    } else {
        rv = read_key(&r, psk);
    }
    if (rv != 0) {
        memset(psk, 0, P2P_PSK_BYTES);
    }
    return rv;
}
