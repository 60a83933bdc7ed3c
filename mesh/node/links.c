/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See links.h. The members that are connected, and whose turn it is.
 *
 * Rounds go one after the other, since what one has brought the next does not
 * ask for: another begins when the last one is done, or nothing came of it for
 * a while. When two connect, the one with the lower key (or that is new)
 * begins, or both would bring the same twice; the other does so a second later,
 * if nothing came. While a member's own session moves, none is opened with it.
 *
 * Without memory a session is not opened, a name not asked for, a peer not
 * known: the rounds that follow make up for it.
 */
#include "mesh/node/links.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/node/link.h"
#include "mesh/trust/peer.h"
#include "p2p/err.h"
#include "p2p/stream.h"

/* How long the one with the higher key lets the other begin. */
#define COURTESY_MS 1000U

/* A round of which nothing came for so long, or that goes on for so long, does
 * not keep the next one from beginning. */
#define STALLED_MS 1000U
#define ENOUGH_MS  10000U

/* When it is looked again whether a round may begin. */
#define AGAIN_MS 100U

enum { FIRST_MEMBERS = 16 };

uint64_t um_links_now(const struct um_links *l)
{
    return l->cfg.alarms->now_ms(l->cfg.alarms->user);
}

/* splitmix64 */
size_t um_links_below(struct um_links *l, size_t n)
{
    uint64_t z = l->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return n > 0 ? (size_t)(z % n) : 0;
}

/* ---- members */

static struct um_links_member *member_at(const struct um_links *l,
                                         const struct p2p_peer_id *peer)
{
    for (size_t i = 0; i < l->members_n; i++) {
        if (p2p_peer_id_equal(&l->members[i]->peer, peer))
            return l->members[i];
    }
    return NULL;
}

/* The member of a name, if it is connected and may. */
static struct um_links_member *member_of(const struct um_links *l,
                                         const struct um_name *name)
{
    for (size_t i = 0; i < l->members_n; i++) {
        if (um_name_eq(&l->members[i]->name, name))
            return l->members[i]->may ? l->members[i] : NULL;
    }
    return NULL;
}

static bool grow(struct um_links *l)
{
    size_t cap = l->members_cap == 0 ? FIRST_MEMBERS : 2 * l->members_cap;
    void *more;

    if (l->members_n < l->members_cap)
        return true;
    more = um_mem_realloc(l->members, cap * sizeof *l->members);
    if (more == NULL)
        return false;
    l->members = more;
    l->members_cap = cap;
    return true;
}

/* The entry of a peer that is connected; NULL: it can be no member, or there is
 * no memory. */
static struct um_links_member *member_get(struct um_links *l,
                                          const struct p2p_peer_id *peer)
{
    struct um_links_member *m = member_at(l, peer);
    struct um_name name;

    if (m != NULL || um_peer_member(peer, &name) != 0 || !grow(l))
        return m;
    m = um_mem_zalloc(sizeof *m);
    if (m == NULL)
        return NULL;
    m->name = name;
    m->peer = *peer;
    m->no = ++l->last_no;
    m->due_ms = UM_LINKS_NEVER;
    l->members[l->members_n++] = m;
    return m;
}

/* Ends a member's sessions. */
static void end_all(struct um_links *l, const struct um_links_member *m)
{
    for (struct um_link *k = l->links; k != NULL; k = k->next) {
        if (k->member == m)
            um_link_end(k);
    }
}

/* Whether this node has no revision at all: it was let in just now. */
static bool is_new(const struct um_links *l)
{
    return um_digest_count(l->cfg.source->digests[UM_SYNC_REVISIONS - 1]) == 0;
}

/* Looks whether a peer may, and begins or ends what follows from it. */
static void look(struct um_links *l, struct um_links_member *m)
{
    bool may = l->cfg.cb->may(l->cfg.user, &m->name);

    if (may && !m->may) {
        m->due_ms = um_links_now(l);
        if (um_name_cmp(&l->me, &m->name) > 0 && !is_new(l))
            m->due_ms += COURTESY_MS;
        l->hungry = true;
    } else if (!may) {
        m->due_ms = UM_LINKS_NEVER;
        end_all(l, m);
    }
    m->may = may;
}

void um_links_up(struct um_links *l, const struct p2p_peer_id *peer)
{
    struct um_links_member *m = member_get(l, peer);

    if (m != NULL)
        look(l, m);
    um_links_soon(l);
}

void um_links_down(struct um_links *l, const struct p2p_peer_id *peer)
{
    struct um_links_member *m = member_at(l, peer);

    if (m == NULL)
        return;
    end_all(l, m);
    for (size_t i = 0; i < l->members_n; i++) {
        if (l->members[i] == m)
            l->members[i] = l->members[--l->members_n];
    }
    um_mem_free(m);
    um_links_soon(l);
}

void um_links_roster(struct um_links *l)
{
    for (size_t i = 0; i < l->members_n; i++)
        look(l, l->members[i]);
    um_links_soon(l);
}

/* A member opened a stream. */
static void on_stream(void *user, struct p2p_stream *stream)
{
    struct um_links *l = user;
    struct um_links_member *m = member_get(l, p2p_stream_peer(stream));
    char text[P2P_PEER_ID_TEXT_MAX];

    um_links_enter(l);
    if (m != NULL)
        look(l, m);
    if (m == NULL || !m->may) {
        l->stats.strangers++;
        um_log_line(l->cfg.log, UM_LOG_DEBUG,
                    "%s opened a sync stream, and has no role",
                    p2p_peer_id_text(p2p_stream_peer(stream), text));
    }
    if (m == NULL || !m->may || !um_link_accept(l, m, stream))
        p2p_stream_reset(stream);
    um_links_leave(l);
}

/* ---- names that are asked for */

/* Who is asked: `from`, or anybody; NULL: nobody is there. */
static struct um_links_member *whom(struct um_links *l,
                                    const struct um_name *from)
{
    struct um_links_member *m = member_of(l, from);
    size_t at = um_links_below(l, l->members_n);

    for (size_t i = 0; m == NULL && i < l->members_n; i++) {
        struct um_links_member *other = l->members[(at + i) % l->members_n];

        if (other->may)
            m = other;
    }
    return m;
}

static void ask(struct um_links *l, enum um_sync_set set,
                struct um_namelist names, const struct um_name *from)
{
    struct um_links_member *m = whom(l, from);
    struct um_link *k = m != NULL ? um_link_own(m, l) : NULL;

    if (k != NULL) {
        (void)um_sync_want(&k->sync, set, names);
        k->wants = true;
        um_link_mark(k);
    } else if (m != NULL) {
        m->due_ms = um_links_now(l);
    }
    um_links_soon(l);
}

void um_links_want(struct um_links *l, const struct um_need *need,
                   const struct um_name *from)
{
    const struct um_namelist one = {&need->name, 1};
    struct um_links_member *m;

    switch (need->what) {
        case UM_NEED_REVISION:
            ask(l, UM_SYNC_REVISIONS, one, from);
            break;
        case UM_NEED_GENESIS:
        case UM_NEED_STATEMENT:
            ask(l, UM_SYNC_ROSTER, one, from);
            break;
        case UM_NEED_GRANT: /* its id is not known: a round finds it */
            m = whom(l, from);
            if (m != NULL)
                m->due_ms = um_links_now(l);
            um_links_soon(l);
            break;
        default:
            break;
    }
}

void um_links_hinted(struct um_links *l, enum um_sync_set set,
                     struct um_namelist ids, const struct um_name *from)
{
    if (ids.n > 0)
        ask(l, set, ids, from);
}

void um_links_known(struct um_links *l, const struct um_name *name)
{
    for (struct um_link *k = l->links; k != NULL; k = k->next) {
        if (k->member != NULL)
            um_sync_known(&k->sync, name);
    }
}

/* ---- rounds */

/* Whether a round is under way that another waits for. */
static bool is_busy(const struct um_links *l, uint64_t now)
{
    for (const struct um_link *k = l->links; k != NULL; k = k->next) {
        if (k->member != NULL && k->round && !k->closing &&
            now - k->heard_ms < STALLED_MS && now - k->round_ms < ENOUGH_MS)
            return true;
    }
    return false;
}

/* Whether a session that the member opened moves. */
static bool is_served(const struct um_links *l, const struct um_links_member *m,
                      uint64_t now)
{
    for (const struct um_link *k = l->links; k != NULL; k = k->next) {
        if (k->member == m && !k->ours && !k->closing &&
            now - k->heard_ms < UM_LINKS_ROUND_MS)
            return true;
    }
    return false;
}

static void begin_round(struct um_links *l, struct um_links_member *m,
                        uint64_t now)
{
    struct um_link *k;

    m->due_ms = UM_LINKS_NEVER;
    if (now < m->blamed_ms || is_served(l, m, now))
        return;
    k = um_link_own(m, l);
    if (k == NULL) {
        if (m->own != NULL) /* it is about to close */
            m->due_ms = now + AGAIN_MS;
        return;
    }
    um_sync_begin(&k->sync);
    k->round = true;
    k->round_ms = now;
    l->stats.rounds++;
    um_link_mark(k);
    um_bus_measure(l->cfg.bus, &m->peer);
}

/* Who has waited for longest, and NULL if that is not over. */
static struct um_links_member *next_due(const struct um_links *l)
{
    struct um_links_member *best = NULL;

    for (size_t i = 0; i < l->members_n; i++) {
        struct um_links_member *m = l->members[i];

        if (m->may && m->due_ms != UM_LINKS_NEVER &&
            (best == NULL || m->due_ms < best->due_ms))
            best = m;
    }
    return best;
}

static void begin_rounds(struct um_links *l)
{
    uint64_t now = um_links_now(l);
    struct um_links_member *m = next_due(l);

    while (m != NULL && m->due_ms <= now && !is_busy(l, now)) {
        begin_round(l, m, now);
        m = next_due(l);
    }
}

/* The time of another round: with somebody. */
static void tick(struct um_links *l, uint64_t now)
{
    static const struct um_name nobody;
    struct um_links_member *m = whom(l, &nobody);

    l->tick_ms = now + UM_LINKS_ROUND_MS;
    if (m == NULL)
        return;
    if (m->due_ms > now)
        m->due_ms = now;
    um_fetches_again(l, m);
}

/* ---- the turn */

static void on_alarm(void *arg);

/* When the turn is to come by itself. */
static uint64_t next_turn(const struct um_links *l, uint64_t now)
{
    const struct um_links_member *m = next_due(l);
    uint64_t at = l->tick_ms;

    if (l->dirty || l->hungry || !l->looked)
        return now;
    if (m != NULL && m->due_ms <= now)
        at = now + AGAIN_MS;
    else if (m != NULL && m->due_ms < at)
        at = m->due_ms;
    return at;
}

static void arm(struct um_links *l)
{
    const struct um_alarms *a = l->cfg.alarms;
    uint64_t now = um_links_now(l);
    uint64_t at = next_turn(l, now);

    if (l->alarm != NULL && l->alarm_ms <= at)
        return;
    a->clear(a->user, l->alarm);
    l->alarm_ms = at;
    l->alarm = a->set(a->user, at > now ? at - now : 0, on_alarm, l);
}

void um_links_soon(struct um_links *l)
{
    l->dirty = true;
    if (!l->inside)
        arm(l);
}

void um_links_enter(struct um_links *l)
{
    assert(!l->inside);
    l->inside = true;
}

static void free_ended(struct um_links *l)
{
    struct um_link **at = &l->links;

    while (*at != NULL) {
        struct um_link *k = *at;

        if (k->member != NULL) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        um_link_free(k);
    }
}

void um_links_leave(struct um_links *l)
{
    do {
        l->dirty = false;
        begin_rounds(l);
        if (l->hungry)
            um_fetches_go(l);
        for (struct um_link *k = l->links; k != NULL; k = k->next) {
            bool dirty = k->dirty && k->member != NULL;

            k->dirty = false;
            if (dirty)
                um_link_pump(k);
        }
    } while (l->dirty || l->hungry);
    free_ended(l);
    arm(l);
    l->inside = false;
}

static void look_at_peer(void *user, const struct um_bus_peer *peer)
{
    struct um_links *l = user;
    struct um_links_member *m =
        peer->connected ? member_get(l, &peer->id) : NULL;

    if (m != NULL)
        look(l, m);
}

static void on_alarm(void *arg)
{
    struct um_links *l = arg;
    uint64_t now = um_links_now(l);

    l->alarm = NULL;
    um_links_enter(l);
    if (!l->looked) {
        l->looked = true;
        um_bus_peers(l->cfg.bus, look_at_peer, l);
    }
    if (now >= l->tick_ms)
        tick(l, now);
    um_links_leave(l);
}

/* ---- the whole */

struct um_links *um_links_new(const struct um_links_cfg *cfg)
{
    struct um_links *l = um_mem_zalloc(sizeof *l);

    if (l == NULL)
        return NULL;
    l->cfg = *cfg;
    l->random = cfg->seed;
    l->tick_ms = um_links_now(l) + UM_LINKS_ROUND_MS;
    if (um_peer_member(um_bus_id(cfg->bus), &l->me) != 0 ||
        um_bus_serve(cfg->bus, UM_SYNC_PROTOCOL, on_stream, l) != 0) {
        um_mem_free(l);
        return NULL;
    }
    arm(l);
    return l;
}

void um_links_free(struct um_links *l)
{
    if (l == NULL)
        return;
    (void)um_bus_serve(l->cfg.bus, UM_SYNC_PROTOCOL, NULL, NULL);
    for (struct um_link *k = l->links; k != NULL; k = k->next)
        um_link_end(k);
    free_ended(l);
    um_fetches_fini(l);
    for (size_t i = 0; i < l->members_n; i++)
        um_mem_free(l->members[i]);
    um_mem_free(l->members);
    l->cfg.alarms->clear(l->cfg.alarms->user, l->alarm);
    um_mem_free(l);
}

void um_links_stats(const struct um_links *l, struct um_links_stats *out)
{
    *out = l->stats;
}
