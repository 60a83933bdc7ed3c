/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The WebSocket channel: see ws.h. Happy path of a client: its request goes
 * out, the answer is read, wslay is set up, frames flow. Of a server: the
 * request is read, wslay is set up, the answer goes out before the first frame.
 *
 * wslay calls back for bytes: take() and give() are its socket. It reads into a
 * buffer of its own and unmasks there, so that what goes up is its memory, lent
 * until the next rx. What is to be said besides data is a few bits and the last
 * ping's payload: a peer that never reads makes us hold no more.
 */
#include "chan/ws/ws.h"

#include <stdio.h>
#include <wslay/wslay.h>

#include "base/mem.h"
#include "chan/ws/head.h"
#include "wire/multibase.h"

/* The longest payload of a control frame, and what is around a payload. */
#define CONTROL_MAX 125U
#define OVERHEAD    14U
#define HEADER_MIN  6U /* of a control frame, with its mask */

/* Room for a request or an answer; the host is most of it. */
#define HELLO_MAX 768U

#define KEY_BYTES 16U

struct ws {
    wslay_frame_context_ptr frames; /* NULL: the opening is not over */
    struct p2p__slice *in;          /* of the rx that is under way */
    struct p2p__outbuf *out;        /* of the tx that is under way */
    struct p2p__ws_head head;
    char *host; /* the dialer's, until its request is out */
    struct p2p__env *env;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    p2p_ns deadline;
    uint64_t frame_at;   /* payload of this frame that is through */
    uint16_t hello_sent; /* bytes of the request or the answer */
    uint16_t close_code; /* with which we close; 0: nothing to say */
    uint8_t control_len; /* of control */
    bool dialer;
    bool hello_due; /* the request or the answer has to go out */
    bool pong_due;
    bool in_message; /* continuations may come */
    bool failed;
    uint8_t control[CONTROL_MAX]; /* payload of the last ping or close */
};

/* wslay wants bytes: what is left of the slice. */
static ssize_t take(uint8_t *to, size_t len, int flags, void *user)
{
    const struct ws *w = user;
    size_t n = p2p__min(len, w->in->len);

    (void)flags;
    if (n == 0) {
        return -1;
    }
    memcpy(to, w->in->p, n);
    p2p__slice_skip(w->in, n);
    return (ssize_t)n;
}

/* wslay has bytes; put_frame() made sure that there is room. They may lie
 * further on in the same buffer. */
static ssize_t give(const uint8_t *p, size_t len, int flags, void *user)
{
    const struct ws *w = user;

    (void)flags;
    assert(len <= p2p__outbuf_room(w->out));
    memmove(w->out->p + w->out->len, p, len);
    w->out->len += len;
    return (ssize_t)len;
}

static int make_mask(uint8_t *to, size_t len, void *user)
{
    const struct ws *w = user;

    w->env->random(w->env, to, len);
    return 0;
}

/* The channel is at its end: `code` closes it, if it was open. */
static int fail(struct ws *w, int err, uint16_t code)
{
    assert(err < 0);
    w->failed = true;
    w->pong_due = false;
    w->close_code = w->frames != NULL ? code : 0;
    /* A server says what is wrong with a request, a client nothing. */
    if (w->frames == NULL) {
        w->hello_due = !w->dialer;
        w->hello_sent = 0;
    }
    p2p__mark(w->owner);
    return err;
}

/* Frames may flow from here on. */
static int open_frames(struct ws *w)
{
    static const struct wslay_frame_callbacks callbacks = {
        .send_callback = give,
        .recv_callback = take,
        .genmask_callback = make_mask,
    };
    int rv = p2p__quota_take(w->quota, P2P__Q_MEMORY, P2P__WS_FRAMES_BYTES);

    if (rv != 0) {
        return rv;
    }
    if (wslay_frame_context_init(&w->frames, &callbacks, w) != 0) {
        w->frames = NULL;
        p2p__quota_give(w->quota, P2P__Q_MEMORY, P2P__WS_FRAMES_BYTES);
        return P2P_ENOMEM;
    }
    return 0;
}

/* Reads the head of the other end. */
static int upgrade(struct ws *w, struct p2p__slice *in)
{
    int rv = p2p__ws_head_rx(&w->head, in);

    if (rv == 0 && w->head.done) {
        rv = w->hello_due ? P2P_EPROTO : open_frames(w);
        if (rv == P2P_ELIMIT || rv == P2P_ENOMEM) {
            w->head.status = 503;
        }
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
        return WSLAY_CODE_NORMAL_CLOSURE;
    }
    code = (unsigned)w->control[0] << 8 | w->control[1];
    if ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
        (code >= 3000 && code <= 4999)) {
        return (uint16_t)code;
    }
    return WSLAY_CODE_PROTOCOL_ERROR;
}

/* A control frame is whole. */
static int on_control(struct ws *w, uint8_t opcode)
{
    if (opcode == WSLAY_PING) {
        w->pong_due = true;
        p2p__mark(w->owner);
    } else if (opcode == WSLAY_CONNECTION_CLOSE) {
        return w->control_len == 1
                   ? fail(w, P2P_EPROTO, WSLAY_CODE_PROTOCOL_ERROR)
                   : fail(w, P2P_ECLOSED, echo_code(w));
    }
    return 0;
}

/* A piece of a ping, a pong or a close. What a pong has is of no use. */
static void read_control(struct ws *w, const struct wslay_frame_iocb *f)
{
    if (f->opcode != WSLAY_PONG) {
        if (w->frame_at == 0) {
            w->pong_due = false;
            w->control_len = 0;
        }
        assert(f->data_length <= CONTROL_MAX - w->control_len);
        memcpy(w->control + w->control_len, f->data, f->data_length);
        w->control_len = (uint8_t)(w->control_len + f->data_length);
    }
}

/* Whether a frame may come now, from this peer. */
static bool may_come(const struct ws *w, const struct wslay_frame_iocb *f)
{
    if (f->rsv != WSLAY_RSV_NONE || (f->mask != 0) == w->dialer) {
        return false;
    }
    switch (f->opcode) {
        case WSLAY_BINARY_FRAME:
            return !w->in_message || w->frame_at > 0;
        case WSLAY_CONTINUATION_FRAME:
            return w->in_message || w->frame_at > 0;
        case WSLAY_PING:
        case WSLAY_PONG:
        case WSLAY_CONNECTION_CLOSE:
            return true;
        default:
            return false;
    }
}

/* A piece of a frame: all of it, or what came of it. */
static int on_piece(struct ws *w, const struct wslay_frame_iocb *f,
                    struct p2p__slice *up)
{
    bool control = wslay_is_ctrl_frame(f->opcode) != 0, whole;

    if (f->opcode == WSLAY_TEXT_FRAME) {
        return fail(w, P2P_EPROTO, WSLAY_CODE_UNSUPPORTED_DATA);
    }
    if (!may_come(w, f)) {
        return fail(w, P2P_EPROTO, WSLAY_CODE_PROTOCOL_ERROR);
    }
    if (control) {
        read_control(w, f);
    } else {
        *up = p2p__slice_of(f->data, f->data_length);
        w->in_message = f->fin == 0;
    }
    w->frame_at += f->data_length;
    assert(w->frame_at <= f->payload_length);
    whole = w->frame_at == f->payload_length;
    if (whole) {
        w->frame_at = 0;
    }
    return whole && control ? on_control(w, f->opcode) : 0;
}

/* Reads frames until one has data, or all bytes were looked at. */
static int read_frames(struct ws *w, struct p2p__slice *in,
                       struct p2p__slice *up)
{
    int rv = 0;

    w->in = in;
    while (rv == 0 && up->len == 0) {
        struct wslay_frame_iocb f;
        ssize_t n = wslay_frame_recv(w->frames, &f);

        if (n == WSLAY_ERR_WANT_READ) {
            break;
        }
        rv = n < 0 ? fail(w, P2P_EPROTO, WSLAY_CODE_PROTOCOL_ERROR)
                   : on_piece(w, &f, up);
    }
    w->in = NULL;
    return rv;
}

static int rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
              p2p_ns now)
{
    struct ws *w = chan;

    (void)now;
    assert(!w->failed);
    *up = (struct p2p__slice){.p = NULL};
    if (w->frames == NULL) {
        int rv = upgrade(w, in);

        if (rv != 0) {
            return fail(w, rv, 0);
        }
    }
    return w->frames != NULL ? read_frames(w, in, up) : 0;
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
    int len = w->dialer           ? make_request(w, text)
              : w->frames == NULL ? make_refusal(w, text)
                                  : make_answer(w, text);
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

/* One frame; the caller looked at the room. */
static void put_frame(struct ws *w, uint8_t opcode, const uint8_t *p,
                      size_t len, struct p2p__outbuf *out)
{
    struct wslay_frame_iocb f = {.fin = 1,
                                 .opcode = opcode,
                                 .payload_length = len,
                                 .mask = w->dialer ? 1 : 0,
                                 .data = p,
                                 .data_length = len};
    ssize_t sent;

    assert(p2p__outbuf_room(out) >= len + OVERHEAD - 8U);
    w->out = out;
    sent = wslay_frame_send(w->frames, &f);
    w->out = NULL;
    assert(sent == (ssize_t)len);
    (void)sent;
}

/* The answer to the last ping. */
static void put_pong(struct ws *w, struct p2p__outbuf *out)
{
    if (w->pong_due && p2p__outbuf_room(out) >= HEADER_MIN + CONTROL_MAX) {
        put_frame(w, WSLAY_PONG, w->control, w->control_len, out);
        w->pong_due = false;
    }
}

static void put_close(struct ws *w, struct p2p__outbuf *out)
{
    uint8_t code[2] = {(uint8_t)(w->close_code >> 8), (uint8_t)w->close_code};

    if (w->close_code != 0 && p2p__outbuf_room(out) >= OVERHEAD) {
        put_frame(w, WSLAY_CONNECTION_CLOSE, code, sizeof code, out);
        w->close_code = 0;
    }
}

/* What above has to say, in one frame: it is written where it would be behind
 * the longest header, and moved to behind its own. */
static int put_data(struct ws *w, struct p2p__src *above,
                    struct p2p__outbuf *out, p2p_ns now)
{
    size_t room = p2p__outbuf_room(out);
    uint8_t *at = out->p + out->len + OVERHEAD;
    int got;

    if (above == NULL || room <= OVERHEAD) {
        return 0;
    }
    got = above->pull(above, at, room - OVERHEAD, now);
    if (got > 0) {
        assert((size_t)got <= room - OVERHEAD);
        put_frame(w, WSLAY_BINARY_FRAME, at, (size_t)got, out);
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
    if (w->hello_due || w->frames == NULL) {
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

    return w->frames != NULL || w->failed ? P2P_NEVER : w->deadline;
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
    if (w->frames != NULL) {
        wslay_frame_context_free(w->frames);
        p2p__quota_give(w->quota, P2P__Q_MEMORY, P2P__WS_FRAMES_BYTES);
    }
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
