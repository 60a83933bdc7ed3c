/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Stop streams: a relay brings somebody who wants us. Happy path: we hold a
 * reservation at it, say yes, and the stream is a circuit. Failure mode: we
 * do not, or it comes over a circuit itself: it hears "permission denied".
 */
#include "base/mem.h"
#include "host/circuit.h"

struct stop {
    struct p2p_host *host;
    struct p2p__exchange x;
    bool accepted;
    bool limited;
};

static void stop_free(struct stop *s)
{
    p2p__exchange_fini(&s->x);
    p2p__free(s);
}

static void on_heard(void *user, const struct p2p__relay_msg *msg, p2p_ns now)
{
    struct stop *s = user;
    const struct p2p_stream *stream = s->x.stream;

    (void)now;
    s->accepted = !stream->conn->relayed &&
                  p2p__host_reserved_at(s->host, &stream->peer->id);
    s->limited = p2p__relay_limit_cuts(&msg->limit);
    if (p2p__exchange_status(&s->x, s->accepted
                                        ? P2P__RELAY_OK
                                        : P2P__RELAY_PERMISSION_DENIED) != 0) {
        stop_free(s);
    }
}

static void on_said(void *user, p2p_ns now)
{
    struct stop *s = user;

    if (s->accepted) {
        p2p__circuit_accept(s->host, &s->x, s->limited, now);
    } else {
        p2p__exchange_finish(&s->x);
    }
    stop_free(s);
}

static void on_ended(void *user, int status, p2p_ns now)
{
    (void)status;
    (void)now;
    stop_free(user);
}

static const struct p2p__exchange_cb stop_cb = {
    .heard = on_heard,
    .said = on_said,
    .ended = on_ended,
};

static void on_inbound(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct stop *s = p2p__zalloc(sizeof *s);

    (void)now;
    if (s == NULL) {
        p2p__stream_reset(stream, P2P_ENOMEM);
        return;
    }
    s->host = user;
    p2p__exchange_init(&s->x, s->host, &stop_cb, s);
    p2p__exchange_answer(&s->x, stream, P2P__RELAY_STOP);
}

int p2p__host_stop_init(struct p2p_host *h)
{
    return p2p__handlers_set(&h->swarm->handlers, P2P__RELAY_STOP_PROTOCOL,
                             on_inbound, h);
}
