/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /echo/1.0.0, both ends. The server sends back what comes and consumes only
 * what it could send, so a client that does not read is not read either.
 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "node.h"

#define PROTOCOL "/echo/1.0.0"
#define CHUNK    16384U

/* Bytes that came and could not be sent back yet: a window at most. */
struct server {
    uint8_t *held;
    size_t len;
    size_t cap;
    bool finished;
};

/* Sends a piece, as one that will not go ends the stream: 0, or not now. */
static int server_send(struct p2p_stream *stream, const uint8_t *bytes,
                       size_t len)
{
    int rv = p2p_stream_send(stream, bytes, len);

    if (rv == 0) {
        p2p_stream_consume(stream, len);
    } else if (rv != P2P_EAGAIN) {
        p2p_stream_reset(stream);
    }
    return rv;
}

static void server_flush(struct server *s, struct p2p_stream *stream)
{
    size_t done = 0;

    while (done < s->len) {
        size_t n = s->len - done < CHUNK ? s->len - done : CHUNK;

        if (server_send(stream, s->held + done, n) != 0) {
            break; /* writable comes, or closed */
        }
        done += n;
    }
    if (done > 0) {
        s->len -= done;
        memmove(s->held, s->held + done, s->len);
    }
    if (s->len == 0 && s->finished) {
        p2p_stream_finish(stream);
    }
}

static void hold(struct server *s, const uint8_t *bytes, size_t len)
{
    if (len > s->cap - s->len) {
        s->cap = s->len + len;
        s->held = realloc(s->held, s->cap);
        if (s->held == NULL) {
            abort();
        }
    }
    memcpy(s->held + s->len, bytes, len);
    s->len += len;
}

static void server_data(void *user, struct p2p_stream *stream,
                        const uint8_t *bytes, size_t len)
{
    struct server *s = user;

    if (s->len > 0 || server_send(stream, bytes, len) != 0) {
        hold(s, bytes, len);
    }
}

static void server_writable(void *user, struct p2p_stream *stream)
{
    server_flush(user, stream);
}

static void server_finished(void *user, struct p2p_stream *stream)
{
    struct server *s = user;

    s->finished = true;
    server_flush(s, stream);
}

static void server_closed(void *user, struct p2p_stream *stream, int status)
{
    struct server *s = user;

    (void)stream;
    (void)status;
    free(s->held);
    free(s);
}

static const struct p2p_stream_events server_events = {
    .data = server_data,
    .writable = server_writable,
    .finished = server_finished,
    .closed = server_closed,
};

static void on_stream(void *user, struct p2p_stream *stream)
{
    struct server *s = calloc(1, sizeof *s);

    (void)user;
    if (s == NULL) {
        p2p_stream_reset(stream);
        return;
    }
    p2p_stream_manual(stream);
    p2p_stream_listen(stream, &server_events, s);
}

int node_echo_serve(struct p2p_host *host, const char *name)
{
    return p2p_host_handle(host, name != NULL ? name : PROTOCOL, on_stream,
                           NULL);
}

struct client {
    uint64_t size;
    uint64_t sent;
    uint64_t got;
    uint64_t started_ns;
    struct p2p_loop *loop;
    bool wrong;
};

/* The byte at a place of the pattern that is sent. */
static uint8_t pattern(uint64_t at)
{
    return (uint8_t)(at * 31 + (at >> 8));
}

/* Finishes when all is back, and not earlier: js-libp2p loses what it has not
 * read when a stream of QUIC is finished. */
static void client_finish(const struct client *c, struct p2p_stream *stream)
{
    if (c->got >= c->size && c->sent == c->size) {
        p2p_stream_finish(stream);
    }
}

static void client_send(struct client *c, struct p2p_stream *stream)
{
    uint8_t chunk[CHUNK];

    while (c->sent < c->size) {
        uint64_t left = c->size - c->sent;
        size_t n = left < CHUNK ? (size_t)left : CHUNK;
        int rv;

        for (size_t i = 0; i < n; i++) {
            chunk[i] = pattern(c->sent + i);
        }
        rv = p2p_stream_send(stream, chunk, n);
        if (rv == P2P_EAGAIN) {
            return;
        }
        if (rv != 0) {
            p2p_stream_reset(stream);
            return;
        }
        c->sent += n;
    }
    client_finish(c, stream);
}

static void client_writable(void *user, struct p2p_stream *stream)
{
    client_send(user, stream);
}

static void client_data(void *user, struct p2p_stream *stream,
                        const uint8_t *bytes, size_t len)
{
    struct client *c = user;

    for (size_t i = 0; i < len; i++) {
        c->wrong = c->wrong || bytes[i] != pattern(c->got + i);
    }
    c->got += len;
    client_finish(c, stream);
}

static void client_closed(void *user, struct p2p_stream *stream, int status)
{
    struct client *c = user;
    bool ok = status == 0 && !c->wrong && c->got == c->size;
    struct json j;

    (void)stream;
    json_begin(&j, "reply");
    json_text(&j, "cmd", "echo");
    json_bool(&j, "ok", ok);
    if (!ok) {
        json_text(&j, "error",
                  status < 0 ? p2p_err_text(status) : "not the same bytes");
    }
    json_uint(&j, "bytes", c->got);
    json_uint(&j, "us", (p2p_loop_now_ns(c->loop) - c->started_ns) / 1000);
    json_end(&j);
    free(c);
}

static const struct p2p_stream_events client_events = {
    .data = client_data,
    .writable = client_writable,
    .closed = client_closed,
};

void node_echo(struct node *n, const struct p2p_peer_id *peer, uint64_t size)
{
    static const char *const protocols[] = {PROTOCOL};
    struct client *c = calloc(1, sizeof *c);
    struct p2p_stream *stream;
    int rv;

    if (c == NULL) {
        abort();
    }
    c->size = size;
    c->loop = n->loop;
    c->started_ns = p2p_loop_now_ns(n->loop);
    rv = p2p_stream_open_limited(n->host, peer, protocols, 1, &client_events, c,
                                 &stream);
    if (rv != 0) {
        free(c);
        node_reply("echo", rv);
        return;
    }
    client_send(c, stream);
}
