/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* /perf/1.0.0 on streams, both ends. */
#include "proto/perf/perf.h"

#include "base/mem.h"
#include "host/attach.h"

struct server {
    struct p2p__attach a;
    struct p2p__perf_server core;
};

static void server_events(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static void server_done(void *user, int status, p2p_ns now)
{
    struct server *s = user;

    (void)status;
    (void)now;
    p2p__attach_fini(&s->a);
    p2p__perf_server_fini(&s->core);
    p2p__free(s);
}

static const struct p2p__attach_cb server_cb = {
    .events = server_events,
    .done = server_done,
};

static void on_inbound(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct server *s = p2p__zalloc(sizeof *s);

    if (s == NULL) {
        p2p__stream_reset(stream, P2P_ENOMEM);
        return;
    }
    p2p__attach_init(&s->a, user, &server_cb, s);
    p2p__perf_server_init(&s->core, &s->a.job, now);
    p2p__attach_start(&s->a, stream, &p2p__perf_server_ops, &s->core);
}

int p2p__host_perf_init(struct p2p_host *h)
{
    return p2p__handlers_set(&h->swarm->handlers, p2p__perf_server_ops.protocol,
                             on_inbound, h);
}

struct client {
    struct p2p__attach a;
    struct p2p__perf core;
    p2p_perf_done done;
    void *user;
};

static void tell(struct client *c)
{
    const struct p2p__perf_stat *s = &c->core.stat;
    struct p2p_perf_result r = {.up_bytes = s->up,
                                .up_ns = s->sent - s->began,
                                .down_bytes = s->down,
                                .down_ns = s->ended - s->sent};
    p2p_perf_done done = c->done;

    c->done = NULL;
    done(c->user, 0, &r);
}

static void client_events(void *user, p2p_ns now)
{
    struct client *c = user;

    (void)now;
    if (p2p__perf_next(&c->core) && c->done != NULL) {
        tell(c);
    }
}

static void client_done(void *user, int status, p2p_ns now)
{
    struct client *c = user;

    (void)now;
    if (c->done != NULL) {
        c->done(c->user, status < 0 ? status : P2P_ECLOSED, NULL);
    }
    p2p__attach_fini(&c->a);
    p2p__perf_fini(&c->core);
    p2p__free(c);
}

static const struct p2p__attach_cb client_cb = {
    .events = client_events,
    .done = client_done,
};

int p2p_host_perf(struct p2p_host *host, const struct p2p_peer_id *peer,
                  uint64_t up, uint64_t down, p2p_perf_done done, void *user)
{
    struct p2p__perf_cfg cfg = {.up = up, .down = down};
    struct client *c;
    struct p2p_stream *stream;
    int rv;

    if (done == NULL) {
        return P2P_EINVAL;
    }
    c = p2p__zalloc(sizeof *c);
    if (c == NULL) {
        return P2P_ENOMEM;
    }
    stream = p2p__host_open(host, peer, p2p__perf_ops.protocol, P2P__PATH_WHOLE,
                            &rv);
    if (stream == NULL) {
        p2p__free(c);
        return rv;
    }
    c->done = done;
    c->user = user;
    p2p__attach_init(&c->a, host, &client_cb, c);
    cfg.owner = &c->a.job;
    p2p__perf_init(&c->core, &cfg, p2p__host_now(host));
    p2p__attach_start(&c->a, stream, &p2p__perf_ops, &c->core);
    return 0;
}
