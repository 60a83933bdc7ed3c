/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The WebSocket channel: see ws.h. Happy path of a client: its request goes
 * out, the answer is read, frames flow. Of a server: the
 * request is read, the answer goes out before the first frame.
 *
 * Payload is unmasked where it lies, and that is what goes up; what goes out is
 * written behind its header and masked there. What is to be said besides data
 * is a few bits and the last ping's payload: a peer that never reads makes us
 * hold no more.
 */
#include "chan/ws/ws.h"

#include <stdio.h>

#include "base/mem.h"
#include "chan/ws/frame.h"
#include "chan/ws/head.h"
#include "wire/multibase.h"

/* Of a control frame, with its mask. */
#define HEADER_MIN (2U + P2P__WS_MASK_BYTES)

/* Why a connection is closed. RFC 6455, section 7.4.1. */
#define CODE_NORMAL      1000U
#define CODE_PROTOCOL    1002U
#define CODE_UNSUPPORTED 1003U

/* Room for a request or an answer; the host is most of it. */
#define HELLO_MAX 768U

#define KEY_BYTES 16U

struct ws {
    struct p2p__ws_head head;
    struct p2p__ws_frame frame; /* that is being read */
    char *host;                 /* the dialer's, until its request is out */
    struct p2p__env *env;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    p2p_ns deadline;
    uint16_t hello_sent; /* bytes of the request or the answer */
    uint16_t close_code; /* with which we close; 0: nothing to say */
    uint8_t control_len; /* of control */
    bool dialer;
    bool hello_due; /* the request or the answer has to go out */
    bool frames;    /* the opening is over */
    bool pong_due;
    bool in_message; /* continuations may come */
    bool failed;
    uint8_t control[P2P__WS_CONTROL_MAX]; /* of the last ping or close */
};

/* The channel is at its end: `code` closes it, if it was open. */
static int fail(struct ws *w, int err, uint16_t code)
{
    assert(err < 0);
    w->failed = true;
    w->pong_due = false;
    w->close_code = w->frames ? code : 0;
    /* A server says what is wrong with a request, a client nothing. */
    if (!w->frames) {
        w->hello_due = !w->dialer;
        w->hello_sent = 0;
    }
    p2p__mark(w->owner);
    return err;
}

/* Reads the head of the other end. */
static int upgrade(struct ws *w, struct p2p__slice *in)
{
    int rv = p2p__ws_head_rx(&w->head, in);

    if (rv == 0 && w->head.done) {
        rv = w->hello_due ? P2P_EPROTO : 0;
        w->frames = rv == 0;
        w->hello_due = rv == 0 && !w->dialer;
        p2p__mark(w->owner);
    }
    return rv;
}

/* What a peer's close is answered with. */
static uint16_t echo_code(const struct ws *w)
{
    unsigned code;

    if (w->control_len == 0) {
        return CODE_NORMAL;
    }
    code = (unsigned)w->control[0] << 8 | w->control[1];
    if ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
        (code >= 3000 && code <= 4999)) {
        return (uint16_t)code;
    }
    return CODE_PROTOCOL;
}

/* A control frame is whole. */
static int on_control(struct ws *w)
{
    if (w->frame.opcode == P2P__WS_PING) {
        w->pong_due = true;
        p2p__mark(w->owner);
    } else if (w->frame.opcode == P2P__WS_CLOSE) {
        return w->control_len == 1 ? fail(w, P2P_EPROTO, CODE_PROTOCOL)
                                   : fail(w, P2P_ECLOSED, echo_code(w));
    }
    return 0;
}

/* A piece of a ping, a pong or a close. What a pong has is of no use. */
static void read_control(struct ws *w, const struct p2p__slice *piece)
{
    if (w->frame.opcode != P2P__WS_PONG) {
        assert(piece->len <= sizeof w->control - w->control_len);
        memcpy(w->control + w->control_len, piece->p, piece->len);
        w->control_len = (uint8_t)(w->control_len + piece->len);
    }
}

/* Whether this frame may come now, from this peer. */
static bool may_come(const struct ws *w)
{
    if (w->frame.masked == w->dialer) {
        return false;
    }
    switch (w->frame.opcode) {
        case P2P__WS_BINARY:
            return !w->in_message;
        case P2P__WS_CONTINUATION:
            return w->in_message;
        case P2P__WS_PING:
        case P2P__WS_PONG:
        case P2P__WS_CLOSE:
            return true;
        default:
            return false;
    }
}

/* A frame begins. */
static int on_frame(struct ws *w)
{
    if (w->frame.opcode == P2P__WS_TEXT) {
        return fail(w, P2P_EPROTO, CODE_UNSUPPORTED);
    }
    if (!may_come(w)) {
        return fail(w, P2P_EPROTO, CODE_PROTOCOL);
    }
    if (!p2p__ws_is_control(w->frame.opcode)) {
        w->in_message = !w->frame.fin;
    } else if (w->frame.opcode != P2P__WS_PONG) {
        w->pong_due = false;
        w->control_len = 0;
    }
    return 0;
}

/* Reads frames until one has data, or all bytes were looked at. */
static int read_frames(struct ws *w, struct p2p__slice *in,
                       struct p2p__slice *up)
{
    int rv = 0;

    while (rv == 0 && up->len == 0 && in->len > 0) {
        struct p2p__slice piece;

        if (!w->frame.open) {
            rv = p2p__ws_frame_rx(&w->frame, in);
            if (rv <= 0) {
                return rv == 0 ? 0 : fail(w, rv, CODE_PROTOCOL);
            }
            rv = on_frame(w);
            if (rv != 0) {
                return rv;
            }
        }
        piece = p2p__ws_frame_take(&w->frame, in);
        if (!p2p__ws_is_control(w->frame.opcode)) {
            *up = piece;
        } else {
            read_control(w, &piece);
            rv = w->frame.open ? 0 : on_control(w);
        }
    }
    return rv;
}

static int rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
              p2p_ns now)
{
    struct ws *w = chan;

    (void)now;
    assert(!w->failed);
    *up = (struct p2p__slice){.p = NULL};
    if (!w->frames) {
        int rv = upgrade(w, in);

        if (rv != 0) {
            return fail(w, rv, 0);
        }
    }
    return w->frames ? read_frames(w, in, up) : 0;
}

/* The request of a client. */
static int make_request(const struct ws *w, char text[HELLO_MAX])
{
    return snprintf(text, HELLO_MAX,
                    "GET / HTTP/1.1\r\n"
                    "Host: %s\r\n"
                    "Upgrade: websocket\r\n"
                    "Connection: Upgrade\r\n"
                    "Sec-WebSocket-Key: %s\r\n"
                    "Sec-WebSocket-Version: 13\r\n\r\n",
                    w->host, w->head.key);
}

/* The answer of a server that will not. */
static int make_refusal(const struct ws *w, char text[HELLO_MAX])
{
    static const struct {
        uint16_t status;
        const char *text;
    } reasons[] = {{400, "Bad Request"},
                   {408, "Request Timeout"},
                   {405, "Method Not Allowed\r\nAllow: GET"},
                   {426,
                    "Upgrade Required\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13"},
                   {431, "Request Header Fields Too Large"},
                   {503, "Service Unavailable"}};
    size_t i = 0;

    while (reasons[i].status != w->head.status) {
        i++;
        assert(i < P2P__COUNT(reasons));
    }
    return snprintf(text, HELLO_MAX,
                    "HTTP/1.1 %u %s\r\n"
                    "Connection: %sclose\r\n"
                    "Content-Length: 0\r\n\r\n",
                    w->head.status, reasons[i].text,
                    w->head.status == 426 ? "Upgrade, " : "");
}

/* The answer of a server that goes on. */
static int make_answer(const struct ws *w, char text[HELLO_MAX])
{
    char accept[P2P__WS_ACCEPT_CHARS + 1];
    int rv = p2p__ws_head_accept(w->head.key, accept);

    return rv != 0 ? rv
                   : snprintf(text, HELLO_MAX,
                              "HTTP/1.1 101 Switching Protocols\r\n"
                              "Upgrade: websocket\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: %s\r\n\r\n",
                              accept);
}

/* What opens the connection, written anew for each part of it. */
static int put_hello(struct ws *w, struct p2p__outbuf *out)
{
    char text[HELLO_MAX];
    int len = w->dialer   ? make_request(w, text)
              : w->frames ? make_answer(w, text)
                          : make_refusal(w, text);
    size_t part;

    if (len < 0) {
        return len;
    }
    assert((size_t)len < HELLO_MAX && w->hello_sent < len);
    part = p2p__min((size_t)len - w->hello_sent, p2p__outbuf_room(out));
    p2p__outbuf_put(out, text + w->hello_sent, part);
    w->hello_sent = (uint16_t)(w->hello_sent + part);
    if (w->hello_sent == len) {
        w->hello_due = false;
        p2p__free(w->host);
        w->host = NULL;
    }
    return 0;
}

/* One frame; the caller looked at the room. `p` may be further on in it. */
static void put_frame(const struct ws *w, enum p2p__ws_opcode opcode,
                      const uint8_t *p, size_t len, struct p2p__outbuf *out)
{
    uint8_t mask[P2P__WS_MASK_BYTES], head[P2P__WS_HEADER_MAX];
    uint8_t *at = out->p + out->len;
    size_t n;

    if (w->dialer) {
        w->env->random(w->env, mask, sizeof mask);
    }
    n = p2p__ws_frame_head(head, opcode, len, w->dialer ? mask : NULL);
    assert(p2p__outbuf_room(out) >= n + len);
    if (at + n != p) {
        memmove(at + n, p, len);
    }
    memcpy(at, head, n);
    if (w->dialer) {
        p2p__ws_mask(at + n, len, mask, 0);
    }
    out->len += n + len;
}

/* The answer to the last ping. */
static void put_pong(struct ws *w, struct p2p__outbuf *out)
{
    if (w->pong_due &&
        p2p__outbuf_room(out) >= HEADER_MIN + sizeof w->control) {
        put_frame(w, P2P__WS_PONG, w->control, w->control_len, out);
        w->pong_due = false;
    }
}

static void put_close(struct ws *w, struct p2p__outbuf *out)
{
    uint8_t code[2] = {(uint8_t)(w->close_code >> 8), (uint8_t)w->close_code};

    if (w->close_code != 0 &&
        p2p__outbuf_room(out) >= HEADER_MIN + sizeof code) {
        put_frame(w, P2P__WS_CLOSE, code, sizeof code, out);
        w->close_code = 0;
    }
}

/* What above has to say, in one frame: written behind the header that most
 * have, and moved where it is short. */
static int put_data(const struct ws *w, struct p2p__src *above,
                    struct p2p__outbuf *out, p2p_ns now)
{
    size_t room = p2p__outbuf_room(out);
    size_t head = 4U + (w->dialer ? P2P__WS_MASK_BYTES : 0U);
    uint8_t *at = out->p + out->len + head;
    int got;

    if (above == NULL || room <= head) {
        return 0;
    }
    room = p2p__min(room - head, P2P__WS_SHORT_MAX);
    got = above->pull(above, at, room, now);
    if (got > 0) {
        assert((size_t)got <= room);
        put_frame(w, P2P__WS_BINARY, at, (size_t)got, out);
    }
    return got < 0 ? got : 0;
}

static int tx(void *chan, struct p2p__src *above, struct p2p__outbuf *out,
              p2p_ns now)
{
    struct ws *w = chan;
    int rv = w->hello_due ? put_hello(w, out) : 0;

    if (rv != 0) {
        return rv;
    }
    if (w->hello_due || !w->frames) {
        return 0;
    }
    if (w->failed) {
        put_close(w, out);
        return 0;
    }
    put_pong(w, out);
    return put_data(w, above, out, now);
}

static p2p_ns deadline(const void *chan)
{
    const struct ws *w = chan;

    return w->frames || w->failed ? P2P_NEVER : w->deadline;
}

static int expire(void *chan, p2p_ns now)
{
    struct ws *w = chan;

    if (now < deadline(w)) {
        return 0;
    }
    w->head.status = 408;
    return fail(w, P2P_ETIMEDOUT, 0);
}

static void fini(void *chan)
{
    struct ws *w = chan;

    p2p__ws_head_fini(&w->head);
    p2p__free(w->host);
    memset(w, 0, sizeof *w);
}

/* A dialer's part: what it asks, and how. */
static int prepare_request(struct ws *w, const char *host)
{
    uint8_t bytes[KEY_BYTES];
    char key[P2P__WS_KEY_CHARS + 1] = "";
    int n;

    w->host = p2p__strdup(host);
    if (w->host == NULL) {
        return P2P_ENOMEM;
    }
    w->env->random(w->env, bytes, sizeof bytes);
    n = p2p__base_encode(P2P__BASE64, bytes, sizeof bytes, key, sizeof key);
    assert(n > 0 && n < (int)P2P__WS_KEY_CHARS);
    memset(key + n, '=', P2P__WS_KEY_CHARS - (size_t)n);
    p2p__ws_head_client(&w->head, w->quota, key);
    w->hello_due = true;
    p2p__mark(w->owner);
    return 0;
}

/* Whether a text may be in a header: a name can come from anywhere. */
static bool is_host(const char *host)
{
    size_t len = host != NULL ? strlen(host) : 0;

    for (size_t i = 0; i < len; i++) {
        if (host[i] <= ' ' || host[i] >= 0x7f) {
            return false;
        }
    }
    return len > 0 && len <= P2P__WS_HOST_MAX;
}

int p2p__ws_new(const struct p2p__ws_cfg *cfg, void **chan, p2p_ns now)
{
    p2p_ns timeout = cfg->timeout > 0 ? cfg->timeout : P2P__WS_TIMEOUT;
    struct ws *w;
    int rv = 0;

    *chan = NULL;
    if (cfg->dialer && !is_host(cfg->host)) {
        return P2P_EINVAL;
    }
    w = p2p__zalloc(sizeof *w);
    if (w == NULL) {
        return P2P_ENOMEM;
    }
    w->env = cfg->env;
    w->quota = cfg->quota;
    w->owner = cfg->owner;
    w->dialer = cfg->dialer;
    w->deadline = p2p__ns_after(now, timeout);
    if (cfg->dialer) {
        rv = prepare_request(w, cfg->host);
    } else {
        p2p__ws_head_server(&w->head, w->quota);
    }
    if (rv != 0) {
        p2p__free(w);
        return rv;
    }
    *chan = w;
    return 0;
}

const struct p2p__chan_ops p2p__ws_ops = {
    .protocol = P2P__WS_PROTOCOL,
    .rx = rx,
    .tx = tx,
    .deadline = deadline,
    .expire = expire,
    .fini = fini,
};
