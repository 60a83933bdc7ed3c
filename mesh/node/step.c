/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See inner.h. A step's effects are its own, so a step may come inside of
 * another's effects. What is to be stored goes into the disk's row before
 * anything else of the step is done: numbers stay in order.
 */
#include <stdio.h>

#include "mesh/base/mem.h"
#include "mesh/node/inner.h"
#include "mesh/store/items.h"
#include "mesh/store/self.h"
#include "mesh/trust/peer.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* What one step wants to have on disk. */
struct batch {
    struct um_node *node;
    uint64_t seq; /* of the last of it */
    struct um_arena bytes;
    struct um_record *list;
    size_t n;
};

void um_node_break(struct um_node *n, const char *why)
{
    if (n->over) {
        return;
    }
    n->over = true;
    um_log_line(n->cfg.log, UM_LOG_ERROR, "this node cannot go on: %s", why);
    n->cfg.broken(n->cfg.user, why);
}

static int write_record(struct um_store *s, const struct um_record *r,
                        uint64_t wall_ms)
{
    int rv = 0;

    switch (r->what) {
        case UM_RECORD_ITEM: {
            const struct um_stored item = {.seen_ms = r->seen_ms,
                                           .id = r->id,
                                           .kind = r->kind,
                                           .envelope = r->bytes};

            rv = um_items_add(s, &item);
            break;
        }
        case UM_RECORD_OVERDUE:
            rv = um_items_overdue(s, &r->id, wall_ms);
            break;
        case UM_RECORD_OWN:
            rv = um_self_own_put(s, r->bytes);
            break;
    }
    return rv == P2P_EDUP ? 0 : rv;
}

static int write_batch(void *arg, struct um_store *s)
{
    const struct batch *b = arg;
    int rv = 0;

    for (size_t i = 0; i < b->n && rv == 0; i++) {
        rv = write_record(s, &b->list[i],
                          b->node->cfg.wall_ms(b->node->cfg.user));
    }
    return rv;
}

/* Others hear of what this node brought, now that it is on disk. */
static void tell_own(struct um_node *n)
{
    while (n->own != NULL && n->own->seq <= n->persisted) {
        struct um_node_own *o = n->own;
        struct um_str envelope = um_str_n(o->envelope, o->len);

        n->own = o->next;
        um_node_say(n, o->kind, &o->id, envelope);
        um_node_shelve(n, o->kind, &o->id, envelope);
        if (o->done != NULL) {
            o->done(o->user, 0);
        }
        um_mem_free(o);
    }
}

static void on_written(void *arg, int err)
{
    struct batch *b = arg;
    struct um_node *n = b->node;
    struct um_event e = {.what = UM_EV_PERSISTED, .u.persisted = b->seq};

    um_arena_fini(&b->bytes);
    um_mem_free(b);
    if (err == P2P_ECLOSED || n->over) {
        return;
    }
    if (err != 0) {
        um_node_break(n, "what it decided cannot be stored");
        return;
    }
    n->persisted = e.u.persisted;
    um_node_step(n, &e);
    tell_own(n);
}

/* Copies what a step wants stored. */
static struct batch *gather(struct um_node *n, const struct um_effects *fx)
{
    struct batch *b = um_mem_zalloc(sizeof *b);

    if (b == NULL) {
        return NULL;
    }
    b->node = n;
    b->list = um_arena_zalloc(&b->bytes, fx->n + 1, sizeof *b->list);
    for (size_t i = 0; b->list != NULL && i < fx->n; i++) {
        const struct um_effect *e = &fx->list[i];

        if (e->what != UM_FX_PERSIST) {
            continue;
        }
        b->list[b->n] = e->u.persist;
        b->seq = e->seq;
        if (!um_arena_dup(&b->bytes, e->u.persist.bytes,
                          &b->list[b->n++].bytes)) {
            b->list = NULL;
        }
    }
    if (b->list == NULL) {
        um_arena_fini(&b->bytes);
        um_mem_free(b);
        return NULL;
    }
    return b;
}

/* Whether nobody waits for it, unless something is said to rest on it: after a
 * crash this node finds out about its Unit anew. */
static bool is_lazy(const struct batch *b)
{
    size_t i = 0;

    while (b != NULL && i < b->n && b->list[i].what == UM_RECORD_OWN) {
        i++;
    }
    return b != NULL && i == b->n;
}

static void persist(struct um_node *n, const struct um_effects *fx)
{
    struct batch *b = gather(n, fx);
    struct um_disk_job job = {
        .write = write_batch, .done = on_written, .arg = b, .lazy = is_lazy(b)};

    if (b != NULL && b->n == 0) {
        um_arena_fini(&b->bytes);
        um_mem_free(b);
        return;
    }
    n->queued = b != NULL ? b->seq : 0;
    if (b == NULL || um_disk_write(n->disk, &job) != 0) {
        if (b != NULL) {
            um_arena_fini(&b->bytes);
        }
        um_mem_free(b);
        um_node_break(n, "out of memory");
    }
}

/* Whether a step tells of an item later, when it is on disk. */
static bool told_later(const struct um_node *n, const struct um_effects *fx,
                       const struct um_name *id)
{
    for (size_t i = 0; i < fx->n; i++) {
        if (fx->list[i].what == UM_FX_PUBLISH &&
            um_name_eq(&fx->list[i].u.publish.id, id)) {
            return true;
        }
    }
    for (const struct um_node_own *o = n->own; o != NULL; o = o->next) {
        if (um_name_eq(&o->id, id)) {
            return true;
        }
    }
    return false;
}

/* For people: a key that had a role before this step has none now. */
static void tell_removed(struct um_node *n, const struct um_name *key)
{
    char id[P2P_PEER_ID_TEXT_MAX], line[P2P_PEER_ID_TEXT_MAX + 32];
    struct um_roster *r = &n->model.roster;
    struct p2p_peer_id peer;

    if (!um_roster_lost(r, key)) {
        return;
    }
    um_peer_of(key, &peer);
    (void)snprintf(line, sizeof line, "%s is no member any more",
                   p2p_peer_id_text(&peer, id));
    um_log_line(n->cfg.log, UM_LOG_INFO, "%s", line);
    um_node_tell(n, "removed", id, line);
}

/* Who is revoked hears of it before he is a stranger. */
static void see_off(struct um_node *n, struct um_str envelope)
{
    struct um_statement s;

    if (n->loaded && um_node_statement(envelope, &s) == 0 &&
        s.what == UM_REVOKE) {
        um_node_farewell(n, &s.key);
        tell_removed(n, &s.key);
    }
}

/* An audit hears of what is new, and of who brought it. */
static void hear(struct um_node *n, const struct um_event *e,
                 const struct um_record *r)
{
    const struct um_node_heard what = {
        .kind = r->kind,
        .taken = true,
        .id = r->id,
        .from = e->what == UM_EV_ITEMS ? e->u.items.from : n->me,
        .envelope = r->bytes};

    if (n->loaded && n->cfg.heard != NULL) {
        n->cfg.heard(n->cfg.user, &what);
    }
}

/* Puts what was taken from others where others can have it. */
static void shelve(struct um_node *n, const struct um_event *by,
                   const struct um_effects *fx)
{
    for (size_t i = 0; i < fx->n; i++) {
        const struct um_effect *e = &fx->list[i];
        const struct um_record *r = &e->u.persist;

        if (e->what != UM_FX_PERSIST || r->what != UM_RECORD_ITEM) {
            continue;
        }
        hear(n, by, r);
        if (r->kind == UM_STATEMENT) {
            n->roster_changed = true;
            see_off(n, r->bytes);
        }
        if (!told_later(n, fx, &r->id)) {
            um_node_shelve(n, r->kind, &r->id, r->bytes);
        }
    }
}

/* Does what waited for the disk, in order. */
static void drain(struct um_node *n)
{
    const struct um_effect *e;

    if (n->draining) {
        return;
    }
    n->draining = true;
    while (!n->over && (e = um_outbox_next(&n->outbox, n->persisted)) != NULL) {
        um_node_carry(n, e);
    }
    n->draining = false;
}

/* A change by hand that was adopted is what Unit runs for this node now; the
 * applier notes what runs without having been given to Unit. */
static void adopted(struct um_node *n, const struct um_effects *fx)
{
    for (size_t i = 0; i < fx->n; i++) {
        const struct um_effect *e = &fx->list[i];

        if (e->what == UM_FX_PERSIST && e->u.persist.what == UM_RECORD_OWN &&
            n->told_unit && !um_name_none(&n->model.own.effective)) {
            um_hands_adopted(n->cfg.hands, &n->model.own.effective);
            um_node_note(n);
        }
    }
}

/* Lets wait what rests on what is stored; before anything is done, for that
 * may be another step. */
static void let_wait(struct um_node *n, const struct um_effects *fx)
{
    for (size_t i = 0; i < fx->n; i++) {
        const struct um_effect *e = &fx->list[i];

        if (e->what == UM_FX_PERSIST || e->after == 0) {
            continue;
        }
        if (um_outbox_add(&n->outbox, e) != 0) {
            um_node_break(n, "out of memory");
        }
        um_disk_hurry(n->disk);
    }
}

static void carry_out(struct um_node *n, const struct um_effects *fx)
{
    for (size_t i = 0; i < fx->n && !n->over; i++) {
        const struct um_effect *e = &fx->list[i];

        if (e->what != UM_FX_PERSIST && e->after == 0) {
            um_node_carry(n, e);
        }
    }
}

static void on_tick(void *arg)
{
    struct um_node *n = arg;
    struct um_event e = {.what = UM_EV_TICK};

    n->tick = NULL;
    um_node_step(n, &e);
    um_node_stir(n);
}

/* Sets the alarm for the next TICK, unless one goes off before. */
static void arm(struct um_node *n, uint64_t at_ms)
{
    const struct um_alarms *a = n->cfg.alarms;
    uint64_t now = a->now_ms(a->user);

    if (at_ms == UINT64_MAX || n->over || n->ending ||
        (n->tick != NULL && n->tick_ms <= at_ms)) {
        return;
    }
    a->clear(a->user, n->tick);
    n->tick_ms = at_ms;
    n->tick = a->set(a->user, at_ms > now ? at_ms - now : 0, on_tick, n);
    if (n->tick == NULL) {
        um_node_break(n, "out of memory");
    }
}

/* Roles may have changed: who may speak, and who may read the bus. */
static void roster(struct um_node *n)
{
    if (!n->roster_changed || !n->loaded) {
        return;
    }
    n->roster_changed = false;
    um_roster_note(&n->model.roster);
    n->is_new = n->is_new && um_node_still_new(n);
    um_links_roster(n->links);
    if (n->welcome != NULL) {
        um_welcome_owns(n->welcome, um_node_owns(n));
        um_welcome_roster(n->welcome);
    }
    um_bus_recheck(n->cfg.bus);
    um_node_hear_early(n);
    um_node_repeat_row(n);
    if (n->probing != NULL) {
        um_probing_relabel(n->probing);
    }
    um_node_stir(n);
}

/* What runs here, or is to, may be another revision now. */
static void follow(struct um_node *n)
{
    if (n->loaded && !n->over) {
        um_node_want_target(n);
    }
    if (n->loaded && !n->over && n->probing != NULL) {
        um_probing_follow(n->probing);
    }
}

void um_node_step(struct um_node *n, struct um_event *e)
{
    struct um_effects fx = {0};
    int rv;

    if (n->over) {
        return;
    }
    e->wall_ms = n->cfg.wall_ms(n->cfg.user);
    e->mono_ms = um_node_mono_ms(n);
    rv = um_model_step(&n->model, e, &fx);
    if (rv != 0) {
        um_node_break(n, p2p_err_text(rv));
    } else {
        persist(n, &fx);
        let_wait(n, &fx);
        shelve(n, e, &fx);
        adopted(n, &fx);
        carry_out(n, &fx);
        drain(n);
        roster(n);
        um_node_tell_confirmed(n);
        arm(n, fx.next_ms);
        follow(n);
    }
    um_effects_fini(&fx);
}

/* Whether an item is on its way to the disk: who brings it once more waits for
 * the same. */
static bool is_coming(const struct um_node *n, const struct um_node_own *o)
{
    for (const struct um_node_own *p = n->own; p != o; p = p->next) {
        if (um_name_eq(&p->id, &o->id)) {
            return true;
        }
    }
    return false;
}

void um_node_bring(struct um_node *n, enum um_kind kind, struct um_str envelope,
                   um_node_taken *done, void *user)
{
    const struct um_arrival a = {kind, envelope};
    struct um_event e = {.what = UM_EV_ITEMS,
                         .u.items = {.from = n->me, .list = &a, .n = 1}};
    struct um_node_own *o = um_mem_alloc(sizeof *o + envelope.len);
    struct um_node_own **at = &n->own;
    uint64_t before = n->queued;
    struct um_str payload = um_item_payload(envelope, kind);
    int why;

    if (o == NULL) {
        if (done != NULL) {
            done(user, P2P_ENOMEM);
        }
        return;
    }
    *o = (struct um_node_own){
        .kind = kind, .done = done, .user = user, .len = envelope.len};
    memcpy(o->envelope, envelope.p, envelope.len);
    p2p_sha256(payload.p, payload.len, o->id.b);
    o->seq = UINT64_MAX;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = o;
    um_node_step(n, &e);
    if (n->over || n->queued != before || is_coming(n, o)) {
        o->seq = n->queued; /* it was taken */
        return;
    }
    why = um_shelf_get(n->shelf, &o->id).p != NULL  ? P2P_EDUP
          : um_unmet_has(&n->model.waiting, &o->id) ? P2P_EAGAIN
                                                    : P2P_EPROTO;
    for (at = &n->own; *at != o;) {
        at = &(*at)->next;
    }
    *at = o->next;
    um_mem_free(o);
    if (done != NULL) {
        done(user, why);
    }
}

static void on_watch(void *arg)
{
    struct um_node *n = arg;

    n->watch_alarm = NULL;
    n->firing = n->watchers;
    n->watchers = NULL;
    while (n->firing != NULL) {
        struct um_watch_node *w = n->firing;
        um_node_seen *seen = w->seen;
        void *user = w->user;

        n->firing = w->next;
        um_mem_free(w);
        seen(user);
    }
}

void um_node_stir(struct um_node *n)
{
    const struct um_alarms *a = n->cfg.alarms;

    if (n->watchers != NULL && n->watch_alarm == NULL) {
        n->watch_alarm = a->set(a->user, 0, on_watch, n);
    }
}

struct um_watch_node *um_node_watch(struct um_node *n, um_node_seen *seen,
                                    void *user)
{
    struct um_watch_node *w = um_mem_alloc(sizeof *w);

    if (w != NULL) {
        *w = (struct um_watch_node){n->watchers, seen, user};
        n->watchers = w;
    }
    return w;
}

static bool unlink_from(struct um_watch_node **at, struct um_watch_node *w)
{
    while (*at != NULL && *at != w) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        return false;
    }
    *at = w->next;
    um_mem_free(w);
    return true;
}

void um_node_unwatch(struct um_node *n, struct um_watch_node *w)
{
    if (w != NULL && !unlink_from(&n->watchers, w)) {
        (void)unlink_from(&n->firing, w);
    }
}
