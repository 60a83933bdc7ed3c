/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See circuit.h. Happy path: a dial opens a hop stream to the relay, asks for
 * the peer, and when the relay says yes the pipe is connected; what the stream
 * brings goes up, what is written goes down. Failure modes: the relay cannot be
 * reached or says no: the dial ends so; it ends or resets the stream: the pipe
 * ended. A pipe that is closed leaves its stream some seconds to end in order.
 *
 * What waits here is charged to the relay, whose window does not open
 * meanwhile.
 */
#include "host/circuit.h"

#include "base/mem.h"
#include "wire/maddr.h"

/* How long a stream has to end after its pipe was closed. */
#define LINGER_NS P2P__SEC(5)

/* The relay's address is believed for so long after the dial. */
#define ADDR_NS P2P__SEC(600)

/* Where several ways lead to a peer, a relay's is the last. */
#define CIRCUIT_RANK 100U

struct circuit {
    struct p2p__pipe pipe;
    struct p2p__timer linger;
    struct p2p_host *host;
    struct p2p__exchange x;
    struct p2p_stream *stream; /* NULL: not yet, or gone */
    struct p2p__peer *relay;   /* counted */
    struct p2p__sendq out;     /* what the stream had no room for */
    struct p2p__sendq_mark mark;
    size_t owed; /* bytes that are consumed when reading goes on */
    bool paused;
    bool closed; /* the pipe was; the rest goes when the stream has ended */
};

static struct circuit *of(struct p2p__pipe *pipe)
{
    return P2P__CONTAINER(pipe, struct circuit, pipe);
}

static void circuit_free(struct circuit *c)
{
    assert(c->stream == NULL);
    p2p__exchange_fini(&c->x);
    p2p__sendq_fini(&c->out);
    p2p__timer_fini(&c->linger);
    p2p__peer_unref(c->relay);
    p2p__free(c);
}

/* Sends what waits: 1 when nothing is left, 0, or a negative code. */
static int send_waiting(struct circuit *c)
{
    struct p2p__slice piece;

    while (p2p__sendq_peek(&c->out, &c->mark, &piece, 1) > 0) {
        const size_t len = piece.len;
        int rv = p2p__stream_send(c->stream, &piece);

        if (rv != 0) {
            return rv == P2P_EAGAIN ? 0 : rv;
        }
        p2p__sendq_take(&c->out, &c->mark, len);
        p2p__sendq_drop(&c->out, &c->mark, len);
    }
    return 1;
}

static int circuit_write(struct p2p__pipe *pipe, const uint8_t *buf, size_t len)
{
    struct circuit *c = of(pipe);
    struct p2p__slice bytes = p2p__slice_of(buf, len);
    int rv = P2P_EAGAIN;

    if (c->stream == NULL) {
        return P2P_ECLOSED;
    }
    if (c->out.bytes == 0) {
        rv = p2p__stream_send(c->stream, &bytes);
    }
    if (rv == P2P_EAGAIN) {
        rv = p2p__sendq_push(&c->out, &bytes);
        return rv != 0 ? rv : 0;
    }
    return rv != 0 ? rv : 1;
}

/* The connection below, or NULL. */
static struct p2p__conn *below(const struct p2p__pipe *pipe)
{
    const struct circuit *c = (const struct circuit *)(const void *)pipe;

    return c->stream != NULL ? c->stream->conn : NULL;
}

static size_t circuit_unsent(const struct p2p__pipe *pipe)
{
    const struct circuit *c = (const struct circuit *)(const void *)pipe;
    const struct p2p__conn *conn = below(pipe);

    if (conn == NULL || c->stream->handle == NULL) {
        return c->out.bytes;
    }
    return c->out.bytes + conn->sess_ops->queued(conn->sess, c->stream->handle);
}

static p2p_ns circuit_silence(const struct p2p__pipe *pipe)
{
    const struct p2p__conn *conn = below(pipe);

    return conn != NULL && conn->pipe != NULL
               ? conn->pipe->ops->silence(conn->pipe)
               : 0;
}

static void circuit_read(struct p2p__pipe *pipe, bool on)
{
    struct circuit *c = of(pipe);

    c->paused = !on;
    if (on && c->stream != NULL && c->owed > 0) {
        p2p__stream_consume(c->stream, c->owed);
        c->owed = 0;
    }
}

static void circuit_close(struct p2p__pipe *pipe)
{
    struct circuit *c = of(pipe);

    c->closed = true;
    c->pipe.cb = NULL;
    if (c->stream == NULL) {
        circuit_free(c);
        return;
    }
    if (send_waiting(c) == 1) { /* else when it has room for the rest */
        p2p__stream_finish(c->stream);
    }
    circuit_read(pipe, true);
    p2p__timer_set(&c->linger,
                   p2p__ns_after(p2p__host_now(c->host), LINGER_NS));
}

static void circuit_local(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    const struct p2p__conn *conn = below(pipe);

    *addr = (struct p2p__addr){0};
    if (conn != NULL && conn->pipe != NULL) {
        conn->pipe->ops->local(conn->pipe, addr);
    }
}

static void circuit_remote(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    const struct p2p__conn *conn = below(pipe);

    *addr = conn != NULL ? conn->remote : (struct p2p__addr){0};
}

static const struct p2p__pipe_ops pipe_ops = {
    .write = circuit_write,
    .unsent = circuit_unsent,
    .silence = circuit_silence,
    .read = circuit_read,
    .close = circuit_close,
    .local = circuit_local,
    .remote = circuit_remote,
};

static void on_data(void *user, struct p2p_stream *s, struct p2p__slice in,
                    p2p_ns now)
{
    struct circuit *c = user;

    if (!c->closed) {
        c->pipe.cb->data(c->pipe.user, in, now);
    }
    if (c->paused && !c->closed) {
        c->owed += in.len;
    } else {
        p2p__stream_consume(s, in.len);
    }
}

static void on_writable(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct circuit *c = user;
    int rv = send_waiting(c);

    if (rv < 0) {
        p2p__stream_reset(s, rv);
    } else if (rv == 1 && c->closed) {
        p2p__stream_finish(s);
    } else if (rv == 1) {
        c->pipe.cb->writable(c->pipe.user, now);
    }
}

static void on_finished(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct circuit *c = user;

    (void)s;
    if (!c->closed) {
        c->pipe.cb->ended(c->pipe.user, 0, now);
    }
}

static void on_closed(void *user, struct p2p_stream *s, int status, p2p_ns now)
{
    struct circuit *c = user;

    (void)s;
    c->stream = NULL;
    if (c->closed) {
        circuit_free(c);
    } else {
        c->pipe.cb->ended(c->pipe.user, status, now);
    }
}

static const struct p2p__stream_cb stream_cb = {
    .data = on_data,
    .writable = on_writable,
    .finished = on_finished,
    .closed = on_closed,
};

static void on_linger(struct p2p__timer *timer, p2p_ns now)
{
    struct circuit *c = P2P__CONTAINER(timer, struct circuit, linger);

    (void)now;
    if (c->stream != NULL) {
        p2p__stream_reset(c->stream, P2P_ECLOSED);
    }
}

/* The relay said what comes of our wish. */
static void on_heard(void *user, const struct p2p__relay_msg *msg, p2p_ns now)
{
    struct circuit *c = user;
    const int rv = p2p__relay_error(msg->status);

    if (rv != 0) {
        P2P__LOG(c->host->env.log, INFO, "circuit.refused status=%s",
                 p2p__relay_status_text(msg->status));
        c->pipe.cb->connected(c->pipe.user, rv, now);
        return;
    }
    c->pipe.limited = p2p__relay_limit_cuts(&msg->limit);
    c->stream = p2p__exchange_take(&c->x);
    p2p__stream_listen(c->stream, &stream_cb, c);
    c->pipe.cb->connected(c->pipe.user, 0, now);
    p2p__exchange_rest(&c->x, c->stream, now);
}

static void on_said(void *user, p2p_ns now)
{
    (void)user; /* who asks says nothing more */
    (void)now;
}

static void on_ended(void *user, int status, p2p_ns now)
{
    struct circuit *c = user;

    c->pipe.cb->connected(c->pipe.user, status, now);
}

static const struct p2p__exchange_cb ask_cb = {
    .heard = on_heard,
    .said = on_said,
    .ended = on_ended,
};

static struct circuit *circuit_new(struct p2p_host *h, struct p2p__peer *relay)
{
    struct circuit *c = p2p__zalloc(sizeof *c);

    if (c != NULL) {
        c->host = h;
        c->relay = p2p__peer_ref(relay);
        c->pipe.ops = &pipe_ops;
        p2p__exchange_init(&c->x, h, &ask_cb, c);
        p2p__sendq_init(&c->out, &relay->quota);
        p2p__timer_init(&c->linger, h->world->q, on_linger);
    }
    return c;
}

/* The relay of a circuit's address, counted; what stands before it is where the
 * relay is, by hearsay: whoever made the address up may mean a third one harm.
 * NULL and *err. */
static struct p2p__peer *relay_of(struct p2p_host *h,
                                  const struct p2p_multiaddr *to, int *err)
{
    struct p2p_multiaddr relay;
    struct p2p_peer_id id;
    struct p2p__peer *peer;

    *err = p2p__maddr_relay(to, &relay);
    if (*err != 0) {
        return NULL;
    }
    (void)p2p_multiaddr_peer(&relay, &id);
    *err = P2P_ESELF;
    if (p2p_peer_id_equal(&id, &h->swarm->self)) {
        return NULL;
    }
    *err = P2P_ENOMEM;
    peer = p2p__host_peer(h, &id);
    p2p_multiaddr_strip_peer(&relay);
    if (peer != NULL && relay.len > 0) {
        (void)p2p__peer_add_addr(peer, relay.bytes, relay.len,
                                 P2P__ADDR_HEARSAY,
                                 p2p__ns_after(p2p__host_now(h), ADDR_NS));
    }
    return peer;
}

static struct p2p__pipe *circuit_dial(void *host,
                                      const struct p2p__transport_dial *to,
                                      const struct p2p__pipe_cb *cb, void *user,
                                      int *err)
{
    static const char *const names[] = {P2P__RELAY_HOP_PROTOCOL};
    struct p2p_host *h = host;
    struct p2p__relay_msg request = {.type = P2P__RELAY_CONNECT};
    struct p2p__stream_want want = {
        .protocols = names, .n = 1, .path = P2P__PATH_DIRECT};
    struct p2p_stream *s = NULL;
    struct circuit *c;

    *err = P2P_EFORMAT;
    if (to->expected == NULL) {
        return NULL; /* a relay wants to know whom */
    }
    want.peer = relay_of(h, to->addr, err);
    if (want.peer == NULL) {
        return NULL;
    }
    if (p2p_peer_id_equal(&want.peer->id, to->expected)) {
        p2p__peer_unref(want.peer);
        *err = P2P_EFORMAT; /* it would wait for itself */
        return NULL;
    }
    *err = P2P_ENOMEM;
    c = circuit_new(h, want.peer);
    if (c != NULL) {
        s = p2p__stream_want(&want, p2p__host_now(h), err);
    }
    if (s != NULL) {
        p2p__dial_hurry(want.peer, p2p__host_now(h));
    }
    p2p__peer_unref(want.peer);
    if (s == NULL) {
        if (c != NULL) {
            circuit_free(c);
        }
        return NULL;
    }
    request.peer = *to->expected;
    p2p__exchange_ask(&c->x, s, P2P__RELAY_HOP, &request);
    c->pipe.cb = cb;
    c->pipe.user = user;
    return &c->pipe;
}

const struct p2p_transport p2p__circuit_transport = {
    .name = "p2p-circuit",
    .port_code = P2P_MULTIADDR_TCP, /* of the relay, where one is told */
    .rank = CIRCUIT_RANK,
    .dial = circuit_dial,
};

void p2p__circuit_accept(struct p2p_host *h, struct p2p__exchange *x,
                         bool limited, p2p_ns now)
{
    struct p2p_stream *s = p2p__exchange_take(x);
    struct circuit *c = circuit_new(h, s->peer);
    struct p2p_multiaddr at;

    if (c == NULL) {
        p2p__stream_listen(s, NULL, NULL);
        p2p__stream_reset(s, P2P_ENOMEM);
        return;
    }
    c->stream = s;
    c->pipe.limited = limited;
    p2p__stream_listen(s, &stream_cb, c);
    p2p__conn_maddr(s->conn, &at);
    if (p2p_multiaddr_append_peer(&at, &s->peer->id) != 0 ||
        p2p__maddr_push(&at, P2P_MULTIADDR_CIRCUIT, NULL, 0) != 0) {
        circuit_close(&c->pipe);
        return;
    }
    p2p__swarm_accept(h->swarm, &h->swarm->circuit, &at, &c->pipe, now);
    p2p__exchange_rest(x, s, now);
}
