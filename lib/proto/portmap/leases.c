/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See leases.h. Happy path: the first port is asked for by PCP, the others
 * after it, each is renewed when half of its time is over. Failure modes: a
 * method that brings nothing is followed by the next one, the last one by a
 * pause; a renewal without an answer is tried twice more, then all methods are
 * tried again while what was granted lasts. What a gateway says is believed as
 * far as it can be true: an address of the internet or of a private network,
 * for a day at most.
 */
#include "proto/portmap/leases.h"

#include "wire/addr_class.h"

/* Ports below are the system's: who dials one by our word does it to others. */
#define FIRST_FREE_PORT 1024U

/* A random span up to `most`. */
static p2p_ns jitter(const struct p2p__leases *l, p2p_ns most)
{
    uint64_t r;

    l->cfg.env->random(l->cfg.env, &r, sizeof r);
    return most == 0 ? 0 : r % (most + 1);
}

void p2p__leases_init(struct p2p__leases *l, const struct p2p__leases_cfg *cfg)
{
    *l = (struct p2p__leases){.cfg = *cfg};
    if (l->cfg.lifetime_s == 0) {
        l->cfg.lifetime_s = P2P__PORTMAP_LIFETIME_S;
    }
}

/* The first method from `from` on that may be used; METHODS: none. */
static enum p2p__portmap_method method_from(const struct p2p__leases *l,
                                            unsigned from)
{
    while (from < P2P__PORTMAP_METHODS && l->cfg.without[from]) {
        from++;
    }
    return (enum p2p__portmap_method)from;
}

/* All methods are tried anew. */
static void start_over(struct p2p__leases *l)
{
    l->method = method_from(l, 0);
    l->proven = false;
    l->has_epoch = false;
}

static void drop_row(struct p2p__leases *l, size_t index)
{
    assert(index < l->n);
    l->changed = l->changed || l->rows[index].held;
    l->n--;
    memmove(&l->rows[index], &l->rows[index + 1],
            (l->n - index) * sizeof l->rows[0]);
    if (l->asking && l->asked == index) {
        l->stale = true;
    } else if (l->asking && l->asked > index) {
        l->asked--;
    }
}

/* A port is no longer let in. */
static void lose(struct p2p__leases *l, struct p2p__lease *row)
{
    l->changed = l->changed || row->held;
    row->held = row->told = false;
    row->ends = P2P_NEVER;
}

/* Whether there may be something to take away for a port. */
static bool is_there(const struct p2p__leases *l, const struct p2p__lease *row)
{
    return row->unsure || (row->held && (l->proven || !l->stopped));
}

void p2p__leases_gateway(struct p2p__leases *l, const struct p2p__addr *gateway,
                         p2p_ns now)
{
    if (l->gateway.family == gateway->family &&
        (gateway->family == 0 || p2p__addr_same_ip(&l->gateway, gateway))) {
        return;
    }
    assert(gateway->family == 0 || gateway->family == 4);
    l->gateway = *gateway;
    l->stale = l->asking;
    l->rounds = 0;
    l->not_before = now;
    memset(l->why, 0, sizeof l->why);
    start_over(l);
    for (size_t i = l->n; i-- > 0;) {
        struct p2p__lease *row = &l->rows[i];

        lose(l, row);
        row->outer = (struct p2p__addr){0};
        row->why = NULL;
        row->unsure = false;
        row->failures = 0;
        p2p__bucket_init(&row->tells, P2P__PORTMAP_TELLS,
                         P2P__PORTMAP_TELL_EACH);
        row->due = now;
        if (!row->wanted) {
            drop_row(l, i);
        }
    }
}

static bool same_port(const struct p2p__portmap_port *a,
                      const struct p2p__portmap_port *b)
{
    return a->udp == b->udp && a->port == b->port;
}

static struct p2p__lease *find(struct p2p__leases *l,
                               const struct p2p__portmap_port *port)
{
    for (size_t i = 0; i < l->n; i++) {
        if (same_port(&l->rows[i].inner, port)) {
            return &l->rows[i];
        }
    }
    return NULL;
}

/* Drops what is wanted no more and is not held, or cannot be taken away. */
static void settle(struct p2p__leases *l)
{
    for (size_t i = l->n; i-- > 0;) {
        const struct p2p__lease *row = &l->rows[i];

        if (!row->wanted && !(l->asking && l->asked == i) &&
            !is_there(l, row)) {
            drop_row(l, i);
        }
    }
}

/* Of those that are there these are wanted. */
static void set_wanted(struct p2p__leases *l,
                       const struct p2p__portmap_port *ports, size_t n)
{
    for (size_t i = 0; i < l->n; i++) {
        l->rows[i].wanted = false;
        for (size_t k = 0; k < n && !l->rows[i].wanted; k++) {
            l->rows[i].wanted = same_port(&l->rows[i].inner, &ports[k]);
        }
    }
    settle(l);
}

void p2p__leases_want(struct p2p__leases *l,
                      const struct p2p__portmap_port *ports, size_t n,
                      p2p_ns now)
{
    if (l->stopped) {
        return;
    }
    set_wanted(l, ports, n);
    for (size_t k = 0; k < n; k++) {
        struct p2p__lease *row = find(l, &ports[k]);

        if (row == NULL && l->n < P2P__CAP_PORTMAP_PORTS) {
            row = &l->rows[l->n++];
            *row = (struct p2p__lease){
                .inner = ports[k], .due = now, .ends = P2P_NEVER};
            p2p__bucket_init(&row->tells, P2P__PORTMAP_TELLS,
                             P2P__PORTMAP_TELL_EACH);
            l->cfg.env->random(l->cfg.env, row->nonce, sizeof row->nonce);
        }
        if (row != NULL) {
            row->wanted = true;
        }
    }
}

void p2p__leases_stop(struct p2p__leases *l)
{
    l->stopped = true;
    set_wanted(l, NULL, 0);
}

/* What was granted for a time that is over. */
static void expire(struct p2p__leases *l, p2p_ns now)
{
    for (size_t i = 0; i < l->n; i++) {
        struct p2p__lease *row = &l->rows[i];

        if (row->held && now >= row->ends) {
            lose(l, row);
            row->why = "it was not renewed in time";
        }
    }
    settle(l);
}

/* Whether a port is next: to be taken away, or due. Until a method has proved
 * itself the first port is the probe. */
static bool is_next(const struct p2p__leases *l, const struct p2p__lease *row,
                    p2p_ns now)
{
    return !row->wanted ? l->proven || row->unsure
                        : now >= row->due && now >= l->not_before;
}

/* A port outside for who had none: its own, or any after it was refused. */
static uint16_t wish(const struct p2p__leases *l, const struct p2p__lease *row)
{
    if (row->outer.port != 0) {
        return row->outer.port;
    }
    if (row->unsure) {
        return row->unsure_port; /* to have what may be there already */
    }
    if (row->failures == 0 || !l->proven) {
        return row->inner.port;
    }
    return (uint16_t)(FIRST_FREE_PORT + jitter(l, 0xffff - FIRST_FREE_PORT));
}

static void fill(const struct p2p__leases *l, const struct p2p__lease *row,
                 struct p2p__portmap_order *order)
{
    *order = (struct p2p__portmap_order){
        .method = l->method,
        .inner = row->inner,
        .outer = row->outer,
        .lifetime_s = row->wanted ? l->cfg.lifetime_s : 0};
    order->outer.port = wish(l, row);
    if (!row->wanted && row->unsure) {
        order->method = row->unsure_by;
        order->outer.port = row->unsure_port;
    }
    memcpy(order->nonce, row->nonce, sizeof order->nonce);
}

bool p2p__leases_next(struct p2p__leases *l, struct p2p__portmap_order *order,
                      p2p_ns now)
{
    expire(l, now);
    if (l->asking || l->gateway.family == 0 ||
        l->method >= P2P__PORTMAP_METHODS) {
        return false;
    }
    for (size_t i = 0; i < l->n; i++) {
        if (is_next(l, &l->rows[i], now)) {
            fill(l, &l->rows[i], order);
            l->asking = true;
            l->stale = false;
            l->removing = !l->rows[i].wanted;
            l->asked_by = order->method;
            l->asked_port = order->outer.port;
            l->asked = i;
            return true;
        }
    }
    return false;
}

/* Whether an address can be that of a gateway to the outside. */
static bool can_be(const struct p2p__addr *outer)
{
    const enum p2p__addr_class class = p2p__addr_class(outer);

    return outer->family == 4 && outer->port != 0 &&
           (class == P2P__ADDR_PUBLIC || class == P2P__ADDR_PRIVATE);
}

/* Whether others may be told of an address, or why not. */
static const char *why_untold(const struct p2p__leases *l,
                              const struct p2p__lease *row)
{
    if (row->outer.port < FIRST_FREE_PORT &&
        row->outer.port != row->inner.port) {
        return "it gave a port of the system, which is not told";
    }
    if (p2p__addr_class(&row->outer) != P2P__ADDR_PUBLIC &&
        !l->cfg.private_addrs) {
        return "it is behind another NAT: its own address is not public";
    }
    return NULL;
}

/* A moment soon, but not more often than there may be one. */
static p2p_ns soon(struct p2p__leases *l, p2p_ns now)
{
    const p2p_ns spread = jitter(l, P2P__PORTMAP_SPREAD);

    if (now < l->may_remake) {
        return p2p__ns_after(l->may_remake, spread);
    }
    l->may_remake = p2p__ns_after(now, P2P__PORTMAP_REMAKE);
    return p2p__ns_after(now, spread);
}

/* Asks for all again. */
static void remake(struct p2p__leases *l, p2p_ns now)
{
    const p2p_ns at = soon(l, now);

    for (size_t i = 0; i < l->n; i++) {
        l->rows[i].due = p2p__ns_min(l->rows[i].due, at);
    }
}

/* Whether the gateway went on counting since it told us its epoch, as far as
 * two clocks agree. Spec: RFC 6887, section 8.5. */
static bool goes_on(const struct p2p__leases *l, uint32_t epoch, p2p_ns now)
{
    const uint64_t ours = (now - l->epoch_at) / P2P__SEC(1);
    uint64_t theirs;

    if ((uint64_t)epoch + 1 < l->epoch) {
        return false;
    }
    theirs = epoch < l->epoch ? 0 : epoch - l->epoch;
    return ours + 2 >= theirs - theirs / 16 && theirs + 2 >= ours - ours / 16;
}

/* Notes the epoch; whether the gateway forgot what it granted. */
static bool forgot(struct p2p__leases *l, uint32_t epoch, p2p_ns now)
{
    const bool anew = l->has_epoch && !goes_on(l, epoch, now);

    l->has_epoch = true;
    l->epoch = epoch;
    l->epoch_at = now;
    return anew;
}

/* Half of what was granted, less a little, so that not all come at once. */
static p2p_ns until_renewal(const struct p2p__leases *l, uint32_t lifetime_s)
{
    const p2p_ns half =
        p2p__ns_min(P2P__SEC(lifetime_s) / 2, P2P__PORTMAP_LOOK);
    const p2p_ns span = half - jitter(l, half / 8);

    return span > P2P__PORTMAP_QUICK ? span : P2P__PORTMAP_QUICK;
}

/* Whether the order under way is about what may be there without our knowing.
 */
static bool is_the_unsure(const struct p2p__leases *l,
                          const struct p2p__lease *row)
{
    return row->unsure && row->unsure_by == l->asked_by &&
           row->unsure_port == l->asked_port;
}

static void granted(struct p2p__leases *l, struct p2p__lease *row,
                    const struct p2p__portmap_answer *a, p2p_ns now)
{
    const uint32_t s =
        (uint32_t)p2p__min(a->lifetime_s, P2P__PORTMAP_LIFETIME_MAX_S);
    const bool was = row->held;
    const bool moved = was && !p2p__addr_same_ip(&row->outer, &a->outer);
    const bool other = moved || row->outer.port != a->outer.port;
    const bool told = row->told;
    bool restless = false;

    row->outer = a->outer;
    row->held = true;
    row->unsure = row->unsure && !is_the_unsure(l, row);
    row->failures = 0;
    row->ends = p2p__ns_after(now, P2P__SEC(s));
    row->why = why_untold(l, row);
    if (row->why == NULL && (other || !told) &&
        !p2p__bucket_take(&row->tells, now)) {
        row->why = "it changes too often to be told";
        restless = true;
    }
    row->told = row->why == NULL;
    l->changed = l->changed || !was || other || told != row->told;
    l->proven = true;
    l->rounds = l->unsent = 0;
    l->why[l->method] = NULL;
    if (moved || (a->has_epoch && forgot(l, a->epoch, now))) {
        remake(l, now); /* it has another address, or forgot all */
    }
    row->due = p2p__ns_after(
        now, restless ? P2P__PORTMAP_BACKOFF : until_renewal(l, s));
}

/* A method brought nothing: the next one, or a pause. */
static void next_method(struct p2p__leases *l, p2p_ns now)
{
    p2p_ns pause = P2P__PORTMAP_BACKOFF << p2p__min(l->rounds, 6);

    l->method = method_from(l, l->method + 1U);
    if (l->method < P2P__PORTMAP_METHODS) {
        return;
    }
    start_over(l);
    l->changed = l->changed || l->rounds == 0; /* now it is known why */
    pause = p2p__ns_min(pause, P2P__PORTMAP_BACKOFF_MAX);
    l->rounds = (uint8_t)p2p__min(l->rounds + 1U, UINT8_MAX);
    l->not_before = p2p__ns_after(now, pause + jitter(l, pause / 8));
}

/* The gateway does it for others, and not for this port now. */
static void put_off(struct p2p__leases *l, struct p2p__lease *row,
                    enum p2p__portmap_outcome outcome, p2p_ns now)
{
    const p2p_ns base = outcome == P2P__PORTMAP_REFUSED ? P2P__PORTMAP_BACKOFF
                                                        : P2P__PORTMAP_QUICK;
    const p2p_ns span = p2p__ns_min(base << p2p__min(row->failures, 6),
                                    P2P__PORTMAP_BACKOFF_MAX);

    row->failures = (uint8_t)p2p__min(row->failures + 1U, UINT8_MAX);
    row->due = p2p__ns_after(now, span + jitter(l, span / 8));
    if (outcome == P2P__PORTMAP_TAKEN) {
        lose(l, row);
        row->unsure = row->unsure && !is_the_unsure(l, row);
        row->outer.port = 0; /* another one, then, and the first at once */
        row->due = row->failures == 1 ? now : row->due;
    }
}

/* Whether an order that did not go out is tried again before anything else. */
static bool send_again(struct p2p__leases *l,
                       const struct p2p__portmap_answer *a, p2p_ns now)
{
    if (a->outcome != P2P__PORTMAP_UNSENT ||
        l->unsent >= P2P__PORTMAP_UNSENT_MAX) {
        l->unsent = 0;
        return false;
    }
    l->not_before = p2p__ns_after(now, P2P__PORTMAP_UNSENT_NS << l->unsent);
    l->unsent++;
    return true;
}

static void failed(struct p2p__leases *l, struct p2p__lease *row,
                   const struct p2p__portmap_answer *a, p2p_ns now)
{
    row->why = a->why;
    if (a->unsure && !row->held) {
        row->unsure = true;
        row->unsure_by = l->asked_by;
        row->unsure_port = l->asked_port;
    }
    l->why[l->method] = a->why;
    if (send_again(l, a, now)) {
        return;
    }
    l->proven = l->proven || a->outcome == P2P__PORTMAP_TAKEN;
    if (!l->proven) {
        next_method(l, now);
        return;
    }
    put_off(l, row, a->outcome, now);
    if (a->outcome == P2P__PORTMAP_UNABLE ||
        (a->outcome >= P2P__PORTMAP_SILENT &&
         row->failures >= P2P__PORTMAP_SILENCES)) {
        start_over(l);
        row->due = now;
    }
}

/* A port was taken away. */
static void removed(struct p2p__leases *l, struct p2p__lease *row, p2p_ns now)
{
    const bool was_unsure = is_the_unsure(l, row);

    if (was_unsure && row->held &&
        (l->method != row->unsure_by || row->outer.port != row->unsure_port)) {
        row->unsure = false; /* the one that is known is left */
        settle(l);
        return;
    }
    row->unsure = row->unsure && !was_unsure;
    lose(l, row);
    if (row->wanted) { /* it is wanted again */
        row->due = now;
    } else if (!row->unsure) {
        drop_row(l, l->asked);
    }
}

void p2p__leases_answer(struct p2p__leases *l,
                        const struct p2p__portmap_answer *answer, p2p_ns now)
{
    struct p2p__portmap_answer a = *answer;
    struct p2p__lease *row = &l->rows[l->asked];

    assert(l->asking);
    l->asking = false;
    if (l->stale) {
        return;
    }
    assert(l->asked < l->n);
    if (l->removing) {
        removed(l, row, now);
        return;
    }
    if (a.outcome == P2P__PORTMAP_DONE &&
        (a.lifetime_s == 0 || !can_be(&a.outer))) {
        a.outcome = P2P__PORTMAP_REFUSED;
        a.why = "what it granted makes no sense";
    }
    if (a.outcome == P2P__PORTMAP_DONE) {
        granted(l, row, &a, now);
        return;
    }
    failed(l, row, &a, now);
    settle(l);
}

void p2p__leases_again(struct p2p__leases *l, p2p_ns now)
{
    if (l->proven) {
        remake(l, now);
    }
}

void p2p__leases_announced(struct p2p__leases *l, uint32_t epoch, p2p_ns now)
{
    if (!l->proven && now < l->not_before) { /* it speaks, then: try it */
        l->not_before = p2p__ns_min(l->not_before, soon(l, now));
    } else if (l->proven && l->has_epoch && forgot(l, epoch, now)) {
        remake(l, now);
    }
}

p2p_ns p2p__leases_deadline(const struct p2p__leases *l)
{
    const bool may = !l->asking && l->gateway.family != 0 &&
                     l->method < P2P__PORTMAP_METHODS;
    p2p_ns at = P2P_NEVER;

    for (size_t i = 0; i < l->n; i++) {
        const struct p2p__lease *row = &l->rows[i];

        if (row->held) {
            at = p2p__ns_min(at, row->ends);
        }
        if (may && !row->wanted && (l->proven || row->unsure)) {
            at = 0;
        } else if (may && row->wanted) {
            at = p2p__ns_min(
                at, row->due > l->not_before ? row->due : l->not_before);
        }
    }
    return at;
}

bool p2p__leases_changed(struct p2p__leases *l)
{
    const bool changed = l->changed;

    l->changed = false;
    return changed;
}

bool p2p__leases_idle(const struct p2p__leases *l)
{
    return l->n == 0 && (!l->asking || l->stale);
}
