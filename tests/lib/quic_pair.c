/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See quic_pair.h. */
#include "quic_pair.h"

#include <stdlib.h>

#include "base/mem.h"

struct quic_datagram {
    struct quic_datagram *next;
    p2p_ns at;
    unsigned to;
    size_t len;
    struct p2p__quic_path path; /* as the receiver sees it */
    uint8_t ecn;
    uint8_t bytes[];
};

static void run(struct p2p__job *job, p2p_ns now)
{
    (void)job;
    (void)now;
}

static uint64_t dice(struct quic_pair *p, uint64_t sides)
{
    return p2p__rng_below(&p->rng, sides);
}

static int end_init(struct quic_pair *p, unsigned side, uint64_t seed)
{
    struct quic_end *e = &p->end[side];
    uint8_t secret[32] = {(uint8_t)(side + 1)};
    const uint8_t *pb;
    size_t len;
    int rv;

    test_env_init(&e->env, seed * 2 + side);
    p2p__quota_init(&e->quota, NULL, "conn");
    p2p__runq_init(&e->runq, NULL);
    p2p__job_init(&e->job, &e->runq, run);
    rv = p2p_key_from_seed(secret, &e->key);
    if (rv != 0) {
        return rv;
    }
    pb = p2p_key_public(e->key, &len);
    rv = p2p_peer_id_from_pubkey(pb, len, &e->self);
    if (rv == 0) {
        rv = p2p__quic_security.id_new(NULL, &e->env.env, e->key, &e->id);
    }
    if (rv == 0) {
        p2p__quic_shared_init(&e->shared, &e->env.env, e->id);
    }
    e->path.local = (struct p2p__addr){
        .family = 4, .ip = {127, 0, 0, (uint8_t)(side + 1)}, .port = 4001};
    e->path.remote = (struct p2p__addr){
        .family = 4, .ip = {127, 0, 0, (uint8_t)(2 - side)}, .port = 4001};
    return rv;
}

int quic_pair_init(struct quic_pair *p, uint64_t seed)
{
    int rv, other;

    memset(p, 0, offsetof(struct quic_pair, out));
    p->now = P2P__SEC(100);
    p->latency = P2P__MS(10);
    p->mtu = 1500;
    p2p__rng_seed(&p->rng, seed);
    rv = end_init(p, 0, seed);
    other = end_init(p, 1, seed);
    return rv != 0 ? rv : other;
}

static void end_fini(struct quic_end *e)
{
    if (e->sess != NULL) {
        p2p__quic_ops.fini(e->sess);
    }
    if (e->id != NULL) {
        p2p__quic_shared_fini(&e->shared);
        p2p__quic_security.id_free(e->id);
    }
    p2p__job_fini(&e->job);
    p2p_key_free(e->key);
    p2p__quota_fini(&e->quota);
}

void quic_pair_fini(struct quic_pair *p)
{
    while (p->wire != NULL) {
        struct quic_datagram *d = p->wire;

        p->wire = d->next;
        free(d);
    }
    end_fini(&p->end[0]);
    end_fini(&p->end[1]);
}

static struct p2p__sess_cfg sess_cfg(struct quic_end *e, bool dialer)
{
    return (struct p2p__sess_cfg){.dialer = dialer,
                                  .quota = &e->quota,
                                  .env = &e->env.env,
                                  .owner = &e->job};
}

int quic_pair_dial(struct quic_pair *p)
{
    struct quic_end *e = &p->end[0];
    const struct p2p__quic_cfg cfg = {
        .sess = sess_cfg(e, true),
        .shared = &e->shared,
        .path = e->path,
        .expected = p->expected != NULL ? p->expected : &p->end[1].self};

    return p2p__quic_new(&cfg, &e->sess, p->now);
}

static int begin(struct quic_pair *p, const struct p2p__slice *in)
{
    struct quic_end *e = &p->end[1];
    struct p2p__quic_first first;
    const struct p2p__quic_cfg cfg = {.sess = sess_cfg(e, false),
                                      .shared = &e->shared,
                                      .path = e->path,
                                      .first = &first};

    if (p2p__quic_look(in, &first) != P2P__QUIC_LONG ||
        !p2p__quic_is_first(in, &first)) {
        return 0;
    }
    first.token = (struct p2p__slice){0};
    return p2p__quic_new(&cfg, &e->sess, p->now);
}

/* One datagram is on its way. */
static void post(struct quic_pair *p, unsigned from, const uint8_t *bytes,
                 size_t len, const struct p2p__quic_run *run)
{
    struct quic_datagram *d = malloc(sizeof *d + len), **at = &p->wire;

    if (d == NULL) {
        return;
    }
    d->at = p->now + p->latency + (p->jitter > 0 ? dice(p, p->jitter) : 0);
    d->to = !from;
    d->len = len;
    d->path.local = run->path.remote;
    d->path.remote = run->path.local;
    if (p->nat_port != 0 && from == 0) {
        d->path.remote.port = p->nat_port;
    } else if (from == 1) {
        d->path.local.port = p->end[0].path.local.port;
    }
    d->ecn = run->ecn != 0 && p->ecn != 0 ? p->ecn : run->ecn;
    memcpy(d->bytes, bytes, len);
    while (*at != NULL && (*at)->at <= d->at) {
        at = &(*at)->next;
    }
    d->next = *at;
    *at = d;
}

static void send_one(struct quic_pair *p, unsigned from, uint8_t *bytes,
                     size_t len, const struct p2p__quic_run *run)
{
    struct quic_end *e = &p->end[from];

    e->sent++;
    e->largest = p2p__max(e->largest, len <= p->mtu ? len : 0);
    if (p->tap != NULL && !p->tap(p, from, bytes, &len)) {
        return;
    }
    if (len > p->mtu || dice(p, 100) < p->lost_percent) {
        return;
    }
    post(p, from, bytes, len, run);
    if (dice(p, 100) < p->doubled_percent) {
        post(p, from, bytes, len, run);
    }
}

/* Parts what tx wrote. */
static void send_all(struct quic_pair *p, unsigned from, size_t total)
{
    size_t count, at = 0;
    const struct p2p__quic_run *run = p2p__quic_runs(p->end[from].sess, &count);

    for (size_t i = 0; i < count; i++) {
        const size_t end = at + run[i].len;

        p->end[from].runs++;
        while (at < end) {
            size_t n = p2p__min(run[i].segment, end - at);

            send_one(p, from, p->out + at, n, &run[i]);
            at += n;
        }
    }
    assert(at == total);
}

static void flush(struct quic_pair *p, unsigned side)
{
    struct quic_end *e = &p->end[side];
    struct p2p__outbuf out = {.p = p->out, .cap = sizeof p->out};
    int rv = p2p__quic_ops.tx(e->sess, &out, p->now);

    if (rv < 0 && e->err == 0) {
        e->err = rv;
    }
    send_all(p, side, out.len);
    if (out.len > 0) {
        p2p__mark(&e->job);
    }
}

static void pull_events(struct quic_pair *p, unsigned side)
{
    struct quic_end *e = &p->end[side];
    struct p2p__sec_ev sec;
    struct p2p__sess_ev ev;

    if (p2p__quic_security.next(e->sess, &sec)) {
        e->established = true;
        e->peer = sec.peer;
    }
    while (p2p__quic_ops.next(e->sess, &ev)) {
        assert(e->established);
        if (p->on != NULL) {
            p->on(p, side, &ev);
        }
    }
}

/* The end failed: its last word, and it is over. */
static void end_it(struct quic_pair *p, unsigned side)
{
    struct quic_end *e = &p->end[side];

    flush(p, side);
    p2p__quic_ops.fini(e->sess);
    p2p__job_fini(&e->job);
    e->sess = NULL;
}

static void pump_end(struct quic_pair *p, unsigned side)
{
    struct quic_end *e = &p->end[side];

    while (e->sess != NULL && e->err == 0 && e->job.queued) {
        p2p__job_fini(&e->job);
        pull_events(p, side);
        flush(p, side);
        if (e->err == 0) {
            pull_events(p, side);
        }
    }
    if (e->sess != NULL && e->err != 0) {
        end_it(p, side);
    }
}

void quic_pair_pump(struct quic_pair *p)
{
    pump_end(p, 0);
    pump_end(p, 1);
}

void quic_pair_close(struct quic_pair *p, unsigned side)
{
    struct quic_end *e = &p->end[side];
    struct p2p__outbuf out = {.p = p->out, .cap = sizeof p->out};

    p2p__quic_close(e->sess, &out, p->now);
    send_all(p, side, out.len);
    p2p__quic_ops.fini(e->sess);
    p2p__job_fini(&e->job);
    e->sess = NULL;
}

static int arrive(struct quic_pair *p, const struct quic_datagram *d)
{
    struct quic_end *e = &p->end[d->to];
    uint8_t *copy = malloc(d->len + 1); /* so that ASan sees its end */
    struct p2p__slice in = p2p__slice_of(copy, d->len);
    int rv = 0;

    if (copy == NULL) {
        return P2P_ENOMEM;
    }
    memcpy(copy, d->bytes, d->len);
    if (e->sess == NULL && e->err == 0 && d->to == 1) {
        rv = begin(p, &in);
    }
    if (rv == 0 && e->sess != NULL) {
        p2p__quic_arrives(e->sess, &d->path, d->ecn);
        rv = p2p__quic_ops.rx(e->sess, &in, p->now);
    }
    if (rv < 0) {
        e->err = rv;
    }
    free(copy);
    pump_end(p, d->to);
    return rv;
}

int quic_pair_feed(struct quic_pair *p, unsigned to, const uint8_t *bytes,
                   size_t len)
{
    struct quic_datagram *d = malloc(sizeof *d + len);
    int rv;

    if (d == NULL) {
        return P2P_ENOMEM;
    }
    *d = (struct quic_datagram){.to = to, .len = len, .path = p->end[to].path};
    memcpy(d->bytes, bytes, len);
    rv = arrive(p, d);
    free(d);
    return rv;
}

static p2p_ns deadline(const struct quic_pair *p, unsigned side)
{
    const struct quic_end *e = &p->end[side];

    return e->sess == NULL ? P2P_NEVER : p2p__quic_ops.deadline(e->sess);
}

/* The next thing that can happen. */
static p2p_ns next_at(const struct quic_pair *p)
{
    p2p_ns at = p2p__ns_min(deadline(p, 0), deadline(p, 1));

    return p->wire == NULL ? at : p2p__ns_min(at, p->wire->at);
}

static void expire(struct quic_pair *p, unsigned side)
{
    struct quic_end *e = &p->end[side];
    int rv;

    if (deadline(p, side) <= p->now) {
        rv = p2p__quic_ops.expire(e->sess, p->now);
        e->err = rv < 0 ? rv : e->err;
        p2p__mark(&e->job);
        pump_end(p, side);
    }
}

void quic_pair_run(struct quic_pair *p, p2p_ns at)
{
    quic_pair_pump(p);
    while (next_at(p) <= at) {
        struct quic_datagram *d = p->wire;
        p2p_ns next = next_at(p);

        p->now = next > p->now ? next : p->now;
        if (d != NULL && d->at <= p->now) {
            p->wire = d->next;
            (void)arrive(p, d);
            free(d);
        } else {
            expire(p, 0);
            expire(p, 1);
        }
    }
    p->now = at;
}

void quic_pair_pass(struct quic_pair *p, p2p_ns span)
{
    quic_pair_run(p, p->now + span);
}

int quic_pair_shake(struct quic_pair *p)
{
    int rv = quic_pair_dial(p);

    for (int i = 0; i < 300 && rv == 0; i++) {
        if (p->end[0].established && p->end[1].established) {
            return 0;
        }
        quic_pair_pass(p, P2P__MS(100));
        rv = p->end[0].err != 0 ? p->end[0].err : p->end[1].err;
    }
    return rv != 0 ? rv : P2P_ETIMEDOUT;
}
