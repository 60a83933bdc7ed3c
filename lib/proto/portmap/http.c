/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See http.h. Happy path: lines go through one at a time, then the body is
 * taken as it comes. Failure modes: the first thing that is wrong or too long
 * ends it. Lines may end without a CR: some gateways' do.
 */
#include "proto/portmap/http.h"

#include "base/mem.h"
#include "base/text.h"

#define VERSION   "HTTP/1."
#define GROW_STEP 2048U

void p2p__http_init(struct p2p__http *h)
{
    *h = (struct p2p__http){.state = P2P__HTTP_STATUS};
}

void p2p__http_fini(struct p2p__http *h)
{
    p2p__free(h->body);
    h->body = NULL;
    h->len = h->cap = 0;
}

/* Whether text begins with `want`, which is in small letters, in any case. */
static bool begins(const char *text, const char *want)
{
    while (*want != '\0' && p2p__lower(*text) == *want) {
        text++;
        want++;
    }
    return *want == '\0';
}

/* A number to this base at the front of text, up to `most`; or -1. */
static long number(const char *text, unsigned base, long most)
{
    static const char digits[] = "0123456789abcdef";
    const char *at;
    long v = -1;

    while (*text == ' ' || *text == '\t') {
        text++;
    }
    while (*text != '\0' && (at = strchr(digits, p2p__lower(*text))) != NULL &&
           at - digits < (long)base) {
        v = (v < 0 ? 0 : v * (long)base) + (at - digits);
        if (v > most) {
            return most + 1;
        }
        text++;
    }
    return v;
}

/* "HTTP/1.1 200 OK" */
static int read_status(struct p2p__http *h)
{
    const size_t n = sizeof VERSION - 1;
    long status;

    if (strncmp(h->line, VERSION, n) != 0 || h->line_len < n + 2 ||
        h->line[n + 1] != ' ') {
        return P2P_EPROTO;
    }
    status = number(h->line + n + 1, 10, 999);
    if (status < 200 || status > 599) {
        return P2P_EPROTO;
    }
    h->status = (unsigned)status;
    h->state = P2P__HTTP_HEADERS;
    return 0;
}

/* The body follows, or there is none. */
static void begin_body(struct p2p__http *h)
{
    assert(h->len == 0 && (h->has_length || h->left == 0));
    if (h->chunked) {
        h->state = P2P__HTTP_CHUNK_SIZE;
    } else if (!h->has_length) {
        h->state = P2P__HTTP_REST;
    } else {
        h->state = h->left > 0 ? P2P__HTTP_SOME : P2P__HTTP_DONE;
    }
}

static int read_header(struct p2p__http *h)
{
    static const char length[] = "content-length:";
    static const char coding[] = "transfer-encoding:";
    const char *value = h->line + sizeof coding - 1;
    long n;

    if (h->line_len == 0) {
        begin_body(h);
    } else if (begins(h->line, length)) {
        n = number(h->line + sizeof length - 1, 10,
                   P2P__CAP_PORTMAP_PAGE_BYTES);
        if (n < 0 || (h->has_length && (size_t)n != h->left)) {
            return P2P_EPROTO;
        }
        if (n > (long)P2P__CAP_PORTMAP_PAGE_BYTES) {
            return P2P_ETOOBIG;
        }
        h->has_length = true;
        h->left = (size_t)n;
    } else if (begins(h->line, coding)) {
        value += strspn(value, " \t");
        if (!begins(value, "chunked")) {
            return P2P_EPROTO;
        }
        h->chunked = true;
    }
    return 0;
}

static int read_size(struct p2p__http *h)
{
    const long n = number(h->line, 16, P2P__CAP_PORTMAP_PAGE_BYTES);

    if (n < 0) {
        return P2P_EPROTO;
    }
    h->left = (size_t)n;
    h->state = n > 0 ? P2P__HTTP_CHUNK : P2P__HTTP_TRAILER;
    return n > (long)P2P__CAP_PORTMAP_PAGE_BYTES ? P2P_ETOOBIG : 0;
}

/* A whole line. */
static int read_line(struct p2p__http *h)
{
    switch (h->state) {
        case P2P__HTTP_STATUS:
            return read_status(h);
        case P2P__HTTP_HEADERS:
            return read_header(h);
        case P2P__HTTP_CHUNK_SIZE:
            return read_size(h);
        case P2P__HTTP_CHUNK_END:
            h->state = P2P__HTTP_CHUNK_SIZE;
            return h->line_len == 0 ? 0 : P2P_EPROTO;
        default:
            assert(h->state == P2P__HTTP_TRAILER);
            h->state = h->line_len == 0 ? P2P__HTTP_DONE : h->state;
            return 0;
    }
}

/* Takes bytes up to the end of a line, or all. */
static int take_line(struct p2p__http *h, struct p2p__slice *in)
{
    const uint8_t *end = memchr(in->p, '\n', in->len);
    const size_t n = end != NULL ? (size_t)(end - in->p) : in->len;
    const size_t whole = end != NULL ? n + 1 : n;
    const size_t keep = p2p__min(n, P2P__HTTP_LINE_BYTES - h->line_len);
    int rv;

    assert(h->head <= P2P__CAP_PORTMAP_HEAD_BYTES &&
           h->line_len <= P2P__HTTP_LINE_BYTES);
    if (whole > P2P__CAP_PORTMAP_HEAD_BYTES - h->head) {
        return P2P_ETOOBIG;
    }
    h->head += whole;
    memcpy(h->line + h->line_len, in->p, keep);
    h->line_len += keep;
    p2p__slice_skip(in, whole);
    if (end == NULL) {
        return 0;
    }
    if (h->line_len > 0 && h->line[h->line_len - 1] == '\r') {
        h->line_len--;
    }
    h->line[h->line_len] = '\0';
    rv = memchr(h->line, '\0', h->line_len) != NULL ? P2P_EPROTO : read_line(h);
    h->line_len = 0;
    return rv;
}

/* Room for more of the body, and the zero behind it. */
static int grow(struct p2p__http *h, size_t n)
{
    const size_t want = h->len + n + 1;
    const size_t cap = (want + GROW_STEP - 1) / GROW_STEP * GROW_STEP;
    char *body;

    assert(h->len <= P2P__CAP_PORTMAP_PAGE_BYTES);
    if (n > P2P__CAP_PORTMAP_PAGE_BYTES - h->len) {
        return P2P_ETOOBIG;
    }
    if (want <= h->cap) {
        return 0;
    }
    body = p2p__realloc(h->body, cap);
    if (body == NULL) {
        return P2P_ENOMEM;
    }
    h->body = body;
    h->cap = cap;
    return 0;
}

/* Takes bytes of the body. */
static int take_body(struct p2p__http *h, struct p2p__slice *in)
{
    const bool rest = h->state == P2P__HTTP_REST;
    const size_t n = rest ? in->len : p2p__min(in->len, h->left);
    const int rv = grow(h, n);

    if (rv != 0) {
        return rv;
    }
    assert(h->len + n < h->cap);
    memcpy(h->body + h->len, in->p, n);
    h->len += n;
    h->body[h->len] = '\0';
    p2p__slice_skip(in, n);
    if (!rest) {
        h->left -= n;
    }
    if (!rest && h->left == 0) {
        h->state =
            h->state == P2P__HTTP_CHUNK ? P2P__HTTP_CHUNK_END : P2P__HTTP_DONE;
    }
    return 0;
}

int p2p__http_rx(struct p2p__http *h, struct p2p__slice in)
{
    int rv = 0;

    while (rv == 0 && in.len > 0 && h->state != P2P__HTTP_DONE) {
        rv = h->state == P2P__HTTP_SOME || h->state == P2P__HTTP_REST ||
                     h->state == P2P__HTTP_CHUNK
                 ? take_body(h, &in)
                 : take_line(h, &in);
    }
    return rv;
}

int p2p__http_ended(struct p2p__http *h)
{
    if (h->state == P2P__HTTP_REST) {
        h->state = P2P__HTTP_DONE;
    }
    return h->state == P2P__HTTP_DONE ? 0 : P2P_EPROTO;
}
