/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The reader of WebSocket's opening: see head.h. Happy path: the first line is
 * compared, each header's name is looked up among the few that count, and the
 * empty line asks whether all of them were there. Failure: the first thing that
 * is wrong ends it, with the status that a server answers.
 */
#include "chan/ws/head.h"

#include "base/mem.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "wire/multibase.h"

/* RFC 6455, section 1.3. */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#define KEY_BYTES    16U
#define KEY_DIGITS   22U
#define LINE_STEP    256U
#define VERSION      "HTTP/1.1"
#define VERSION_LEN  8U
#define STATUS_BEGIN "HTTP/1.1 101"

/* Headers that count. */
enum seen {
    HOST = 1,
    UPGRADE = 2,
    CONNECTION = 4,
    KEY = 8,
    WS_VERSION = 16,
    ACCEPT = 32,
    LENGTH = 64
};

#define SERVER_NEEDS (HOST | UPGRADE | CONNECTION | KEY | WS_VERSION)
#define CLIENT_NEEDS (UPGRADE | CONNECTION | ACCEPT)

/* Text in a line, not ended by a zero. */
struct text {
    const char *p;
    size_t len;
};

void p2p__ws_head_server(struct p2p__ws_head *h, struct p2p__quota *quota)
{
    *h = (struct p2p__ws_head){.quota = quota, .server = true, .status = 400};
}

void p2p__ws_head_client(struct p2p__ws_head *h, struct p2p__quota *quota,
                         const char *key)
{
    *h = (struct p2p__ws_head){.quota = quota};
    assert(strlen(key) == P2P__WS_KEY_CHARS);
    memcpy(h->key, key, P2P__WS_KEY_CHARS);
}

static int refuse(struct p2p__ws_head *h, uint16_t status, int err)
{
    h->status = status;
    return err;
}

/* Whether the text is `want`, which is in small letters, in any case. */
static bool is(struct text t, const char *want)
{
    if (t.len != strlen(want)) {
        return false;
    }
    for (size_t i = 0; i < t.len; i++) {
        if (p2p__lower(t.p[i]) != want[i]) {
            return false;
        }
    }
    return true;
}

static struct text trim(struct text t)
{
    while (t.len > 0 && (t.p[0] == ' ' || t.p[0] == '\t')) {
        t.p++;
        t.len--;
    }
    while (t.len > 0 && (t.p[t.len - 1] == ' ' || t.p[t.len - 1] == '\t')) {
        t.len--;
    }
    return t;
}

/* Whether a list with commas has a word. */
static bool has(struct text list, const char *want)
{
    while (list.len > 0) {
        const char *comma = memchr(list.p, ',', list.len);
        size_t n = comma != NULL ? (size_t)(comma - list.p) : list.len;
        size_t whole = comma != NULL ? n + 1 : n;

        if (is(trim((struct text){list.p, n}), want)) {
            return true;
        }
        list.p += whole;
        list.len -= whole;
    }
    return false;
}

/* A character of a header's name: RFC 9110, "token". */
static bool is_token(char c)
{
    return (c >= '0' && c <= '9') ||
           (p2p__lower(c) >= 'a' && p2p__lower(c) <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* "GET /path HTTP/1.1" */
static int read_request(struct p2p__ws_head *h, struct text line)
{
    size_t n = line.len;

    if (n < 4 || memcmp(line.p, "GET ", 4) != 0) {
        return refuse(h, 405, P2P_EPROTO);
    }
    if (n < sizeof "GET / " - 1 + VERSION_LEN || line.p[4] != '/' ||
        memcmp(line.p + n - VERSION_LEN, VERSION, VERSION_LEN) != 0 ||
        line.p[n - VERSION_LEN - 1] != ' ') {
        return P2P_EPROTO;
    }
    for (size_t i = 4; i < n - VERSION_LEN - 1; i++) {
        if (line.p[i] <= ' ') { /* and what is no ASCII */
            return P2P_EPROTO;
        }
    }
    return 0;
}

/* "HTTP/1.1 101 Switching Protocols" */
static int read_status(struct text line)
{
    const size_t n = sizeof STATUS_BEGIN - 1;

    if (line.len < n || memcmp(line.p, VERSION " ", VERSION_LEN + 1) != 0) {
        return P2P_EPROTO;
    }
    return memcmp(line.p, STATUS_BEGIN, n) == 0 &&
                   (line.len == n || line.p[n] == ' ')
               ? 0
               : P2P_ENOPROTO;
}

/* Notes a header that may come once. */
static int once(struct p2p__ws_head *h, enum seen which)
{
    if ((h->seen & which) != 0) {
        return P2P_EPROTO;
    }
    h->seen = (uint16_t)(h->seen | which);
    return 0;
}

static int read_key(struct p2p__ws_head *h, struct text v)
{
    uint8_t bytes[KEY_BYTES];

    if (v.len != P2P__WS_KEY_CHARS ||
        memcmp(v.p + KEY_DIGITS, "==", P2P__WS_KEY_CHARS - KEY_DIGITS) != 0 ||
        p2p__base_decode(P2P__BASE64, v.p, KEY_DIGITS, bytes, sizeof bytes) !=
            KEY_BYTES) {
        return P2P_EPROTO;
    }
    memcpy(h->key, v.p, P2P__WS_KEY_CHARS);
    return once(h, KEY);
}

static int read_accept(struct p2p__ws_head *h, struct text v)
{
    char want[P2P__WS_ACCEPT_CHARS + 1];
    int rv = p2p__ws_head_accept(h->key, want);

    if (rv != 0) {
        return rv;
    }
    if (v.len != P2P__WS_ACCEPT_CHARS || memcmp(v.p, want, v.len) != 0) {
        return P2P_EAUTH;
    }
    return once(h, ACCEPT);
}

/* Headers of a request. A body there is none. */
static int read_of_request(struct p2p__ws_head *h, struct text name,
                           struct text v)
{
    if (is(name, "host")) {
        return once(h, HOST);
    }
    if (is(name, "sec-websocket-key")) {
        return read_key(h, v);
    }
    if (is(name, "sec-websocket-version")) {
        return is(v, "13") ? once(h, WS_VERSION) : refuse(h, 426, P2P_ENOPROTO);
    }
    if (is(name, "content-length")) {
        return is(v, "0") ? once(h, LENGTH) : P2P_EPROTO;
    }
    return is(name, "transfer-encoding") ? P2P_EPROTO : 0;
}

/* Headers of an answer: nothing that we did not offer. */
static int read_of_answer(struct p2p__ws_head *h, struct text name,
                          struct text v)
{
    if (is(name, "sec-websocket-accept")) {
        return read_accept(h, v);
    }
    return is(name, "sec-websocket-extensions") ||
                   is(name, "sec-websocket-protocol")
               ? P2P_EPROTO
               : 0;
}

/* "Name: value" */
static int read_header(struct p2p__ws_head *h, struct text line)
{
    const char *colon = memchr(line.p, ':', line.len);
    struct text name = {line.p, colon != NULL ? (size_t)(colon - line.p) : 0};
    struct text v;

    if (name.len == 0) {
        return P2P_EPROTO;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!is_token(name.p[i])) { /* a folded line, too */
            return P2P_EPROTO;
        }
    }
    if (++h->count > P2P__CAP_WS_HEADERS) {
        return refuse(h, 431, P2P_ETOOBIG);
    }
    v = trim((struct text){colon + 1, line.len - name.len - 1});
    if (is(name, "upgrade")) {
        h->seen = (uint16_t)(h->seen | (has(v, "websocket") ? UPGRADE : 0));
        return 0;
    }
    if (is(name, "connection")) {
        h->seen = (uint16_t)(h->seen | (has(v, "upgrade") ? CONNECTION : 0));
        return 0;
    }
    return h->server ? read_of_request(h, name, v) : read_of_answer(h, name, v);
}

/* The empty line: is it all there? */
static int finish(struct p2p__ws_head *h)
{
    unsigned needs = h->server ? SERVER_NEEDS : CLIENT_NEEDS;

    if ((h->seen & (UPGRADE | CONNECTION)) != (UPGRADE | CONNECTION)) {
        return refuse(h, 426, P2P_ENOPROTO);
    }
    if ((h->seen & needs) != needs) {
        return P2P_EPROTO;
    }
    h->done = true;
    return 0;
}

/* A whole line, with its end. */
static int read_line(struct p2p__ws_head *h, const uint8_t *p, size_t len)
{
    struct text line = {(const char *)p, len - 2};

    assert(len > 0 && p[len - 1] == '\n');
    if (len < 2 || p[len - 2] != '\r') {
        return P2P_EPROTO;
    }
    for (size_t i = 0; i < line.len; i++) {
        if ((p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f) {
            return P2P_EPROTO;
        }
    }
    if (!h->first) {
        h->first = true;
        return h->server ? read_request(h, line) : read_status(line);
    }
    return line.len > 0 ? read_header(h, line) : finish(h);
}

static void drop_line(struct p2p__ws_head *h)
{
    p2p__quota_give(h->quota, P2P__Q_MEMORY, h->line_cap);
    p2p__free(h->line);
    h->line = NULL;
    h->line_len = h->line_cap = 0;
}

/* Keeps bytes of a line whose end is not here. */
static int hold(struct p2p__ws_head *h, const uint8_t *p, size_t len)
{
    size_t want = h->line_len + len, cap;
    uint8_t *line;
    int rv;

    assert(want <= P2P__CAP_WS_HEAD_BYTES);
    if (want > h->line_cap) {
        cap = (want + LINE_STEP - 1) / LINE_STEP * LINE_STEP;
        rv = p2p__quota_take(h->quota, P2P__Q_MEMORY, cap - h->line_cap);
        if (rv != 0) {
            return refuse(h, 503, rv);
        }
        line = p2p__realloc(h->line, cap);
        if (line == NULL) {
            p2p__quota_give(h->quota, P2P__Q_MEMORY, cap - h->line_cap);
            return refuse(h, 503, P2P_ENOMEM);
        }
        h->line = line;
        h->line_cap = (uint16_t)cap;
    }
    memcpy(h->line + h->line_len, p, len);
    h->line_len = (uint16_t)want;
    return 0;
}

/* Takes bytes up to the end of a line, or all. */
static int take(struct p2p__ws_head *h, struct p2p__slice *in)
{
    const uint8_t *p = in->p, *end = memchr(p, '\n', in->len);
    size_t n = end != NULL ? (size_t)(end - p) + 1 : in->len;
    int rv;

    if (n > P2P__CAP_WS_HEAD_BYTES - h->total) {
        return refuse(h, 431, P2P_ETOOBIG);
    }
    h->total = (uint16_t)(h->total + n);
    p2p__slice_skip(in, n);
    if (end != NULL && h->line == NULL) {
        return read_line(h, p, n);
    }
    rv = hold(h, p, n);
    if (rv == 0 && end != NULL) {
        rv = read_line(h, h->line, h->line_len);
        drop_line(h);
    }
    return rv;
}

int p2p__ws_head_rx(struct p2p__ws_head *h, struct p2p__slice *in)
{
    int rv = 0;

    while (in->len > 0 && !h->done && rv == 0) {
        rv = take(h, in);
    }
    return rv;
}

int p2p__ws_head_accept(const char *key, char out[P2P__WS_ACCEPT_CHARS + 1])
{
    char text[P2P__WS_KEY_CHARS + sizeof GUID];
    uint8_t hash[P2P__SHA1_BYTES];
    int n;

    memcpy(text, key, P2P__WS_KEY_CHARS);
    memcpy(text + P2P__WS_KEY_CHARS, GUID, sizeof GUID);
    if (p2p__crypto_sha1(text, sizeof text - 1, hash) != 0) {
        return P2P_ECRYPTO;
    }
    n = p2p__base_encode(P2P__BASE64, hash, sizeof hash, out,
                         P2P__WS_ACCEPT_CHARS);
    assert(n == P2P__WS_ACCEPT_CHARS - 1);
    out[n] = '=';
    out[n + 1] = '\0';
    return 0;
}

void p2p__ws_head_fini(struct p2p__ws_head *h)
{
    drop_line(h);
}
