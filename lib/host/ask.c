/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See ask.h. Happy path: the answer is told and the stream ends. Failure
 * modes: the peer cannot be reached, does not speak the protocol, ends the
 * stream or says nothing in time: that is told.
 */
#include "host/ask.h"

#include "base/mem.h"
#include "host/attach.h"
#include "proto/ask/ask.h"

struct p2p__host_ask {
    struct p2p__attach a;
    struct p2p__ask core;
    p2p__answered done; /* NULL: it was told */
    void *user;
    bool awaits;
};

static void tell(struct p2p__host_ask *q, int status, struct p2p__slice answer,
                 p2p_ns now)
{
    const p2p__answered done = q->done;

    q->done = NULL;
    if (done != NULL) {
        done(q->user, status, answer, now);
    }
}

static void on_events(void *user, p2p_ns now)
{
    struct p2p__host_ask *q = user;
    struct p2p__slice answer;

    if (p2p__ask_next(&q->core, &answer)) {
        tell(q, q->a.agreed ? 0 : P2P_ENOPROTO, answer, now);
    }
}

static void free_ask(struct p2p__host_ask *q)
{
    p2p__attach_fini(&q->a);
    p2p__ask_fini(&q->core);
    p2p__free(q);
}

static void on_done(void *user, int status, p2p_ns now)
{
    struct p2p__host_ask *q = user;

    status = status < 0 ? status : P2P_ECLOSED;
    if (!q->awaits && q->a.agreed && p2p__ask_is_written(&q->core)) {
        status = 0; /* that is how this peer ends what it dealt with */
    }
    tell(q, status, (struct p2p__slice){0}, now);
    free_ask(q);
}

static const struct p2p__attach_cb attach_cb = {
    .events = on_events,
    .done = on_done,
};

int p2p__host_ask(struct p2p_host *h, const struct p2p__ask_want *want,
                  p2p__answered done, void *user, struct p2p__host_ask **out)
{
    struct p2p__ask_cfg cfg = {
        .request = want->request, .cap = want->cap, .timeout = want->timeout};
    struct p2p__host_ask *q = p2p__zalloc(sizeof *q);
    struct p2p_stream *s = NULL;
    int err = P2P_ENOMEM;

    assert(want->request.slab != NULL && done != NULL);
    if (q != NULL) {
        s = p2p__host_open(h, want->peer, want->protocol, want->path, &err);
    }
    if (s == NULL) {
        p2p__slice_drop(&cfg.request);
        p2p__free(q);
        return err;
    }
    q->done = done;
    q->awaits = want->cap > 0;
    q->user = user;
    p2p__attach_init(&q->a, h, &attach_cb, q);
    cfg.quota = &s->peer->quota;
    cfg.owner = &q->a.job;
    p2p__ask_init(&q->core, &cfg, p2p__host_now(h));
    p2p__attach_start(&q->a, s, &p2p__ask_ops, &q->core);
    if (out != NULL) {
        *out = q;
    }
    return 0;
}

void p2p__host_ask_cancel(struct p2p__host_ask *ask)
{
    ask->done = NULL;
    if (ask->a.stream != NULL && !ask->a.stream->reset) {
        p2p__stream_reset(ask->a.stream, P2P_ECANCELED);
    }
}
