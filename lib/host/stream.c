/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The public face of streams: events of the stack become the application's. */
#include "p2p/stream.h"

#include "host/internal.h"

static const struct p2p_stream_events *table(const struct p2p_stream *s)
{
    return s->app;
}

static void on_opened(void *user, struct p2p_stream *s, p2p_ns now)
{
    (void)now;
    if (table(s)->opened != NULL) {
        table(s)->opened(user, s);
    }
}

static void on_data(void *user, struct p2p_stream *s, struct p2p__slice in,
                    p2p_ns now)
{
    (void)now;
    if (table(s)->data != NULL) {
        table(s)->data(user, s, in.p, in.len);
    }
}

static void on_writable(void *user, struct p2p_stream *s, p2p_ns now)
{
    (void)now;
    if (table(s)->writable != NULL) {
        table(s)->writable(user, s);
    }
}

static void on_finished(void *user, struct p2p_stream *s, p2p_ns now)
{
    (void)now;
    if (table(s)->finished != NULL) {
        table(s)->finished(user, s);
    }
}

static void on_closed(void *user, struct p2p_stream *s, int status, p2p_ns now)
{
    (void)now;
    if (table(s)->closed != NULL) {
        table(s)->closed(user, s, status);
    }
}

static const struct p2p__stream_cb app_cb = {
    .opened = on_opened,
    .data = on_data,
    .writable = on_writable,
    .finished = on_finished,
    .closed = on_closed,
};

void p2p_stream_listen(struct p2p_stream *stream,
                       const struct p2p_stream_events *events, void *user)
{
    stream->app = events;
    p2p__stream_listen(stream, events != NULL ? &app_cb : NULL, user);
}

/* Opens a stream, and nobody listens to it yet. */
static int open_stream(struct p2p_host *host, const struct p2p_peer_id *peer,
                       struct p2p__stream_want *want, struct p2p_stream **out)
{
    int err = P2P_ENOMEM;

    *out = NULL;
    want->peer = p2p__host_peer(host, peer);
    if (want->peer == NULL) {
        return err;
    }
    *out = p2p__stream_want(want, p2p__host_now(host), &err);
    p2p__peer_unref(want->peer);
    assert(*out != NULL || err < 0);
    return *out == NULL ? err : 0;
}

int p2p_stream_open(struct p2p_host *host, const struct p2p_peer_id *peer,
                    const char *const *protocols, size_t n,
                    const struct p2p_stream_events *events, void *user,
                    struct p2p_stream **out)
{
    struct p2p__stream_want want = {
        .protocols = protocols, .n = n, .path = P2P__PATH_WHOLE};
    int rv = open_stream(host, peer, &want, out);

    if (rv == 0) {
        p2p_stream_listen(*out, events, user);
    }
    return rv;
}

int p2p_stream_open_limited(struct p2p_host *host,
                            const struct p2p_peer_id *peer,
                            const char *const *protocols, size_t n,
                            const struct p2p_stream_events *events, void *user,
                            struct p2p_stream **out)
{
    struct p2p__stream_want want = {
        .protocols = protocols, .n = n, .path = P2P__PATH_ANY};
    int rv = open_stream(host, peer, &want, out);

    if (rv == 0) {
        p2p_stream_listen(*out, events, user);
    }
    return rv;
}

int p2p_stream_send(struct p2p_stream *stream, const void *bytes, size_t len)
{
    struct p2p__slice s = p2p__slice_of(bytes, len);

    return len == 0 ? 0 : p2p__stream_send(stream, &s);
}

void p2p_stream_manual(struct p2p_stream *stream)
{
    stream->manual = true;
}

void p2p_stream_consume(struct p2p_stream *stream, size_t len)
{
    p2p__stream_consume(stream, len);
}

void p2p_stream_finish(struct p2p_stream *stream)
{
    p2p__stream_finish(stream);
}

void p2p_stream_reset(struct p2p_stream *stream)
{
    p2p__stream_reset(stream, P2P_ECANCELED);
}

const char *p2p_stream_protocol(const struct p2p_stream *stream)
{
    return stream->protocol;
}

int p2p_stream_binding(const struct p2p_stream *stream,
                       uint8_t out[P2P_BINDING_BYTES])
{
    const uint8_t *hash = NULL;

    if (stream->conn != NULL && stream->conn->security != NULL) {
        hash = stream->conn->security->binding(stream->conn->secured);
    }
    if (hash == NULL) {
        return P2P_ESTATE;
    }
    memcpy(out, hash, P2P_BINDING_BYTES);
    return 0;
}

const struct p2p_peer_id *p2p_stream_peer(const struct p2p_stream *stream)
{
    return &stream->peer->id;
}
