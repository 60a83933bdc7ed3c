/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A stream's life: made by the peer's NewStream or by open(), dead on a reset
 * or when both directions are closed, freed when CLOSED was told. All changes
 * of the lists that a stream is on are here.
 * Failure modes: the quota or memory refuses a new stream; ids run out.
 */
#include "base/mem.h"
#include "mux/mplex/priv.h"

static enum p2p__quota_kind kind_of(uint16_t bits)
{
    return bits & P2P__MP_INBOUND ? P2P__Q_STREAMS_IN : P2P__Q_STREAMS_OUT;
}

static void discharge(struct p2p__mplex *s, struct p2p__mpstream *st)
{
    p2p__quota_give(s->quota, kind_of(st->bits), 1);
    p2p__quota_give(s->quota, P2P__Q_MEMORY, P2P__MPSTREAM_COST);
    p2p__free(st);
}

/* A charged struct that is on no list yet. */
static int make(struct p2p__mplex *s, uint16_t bits, struct p2p__mpstream **out)
{
    int rv = p2p__quota_take(s->quota, P2P__Q_MEMORY, P2P__MPSTREAM_COST);

    *out = NULL;
    if (rv == 0) {
        rv = p2p__quota_take(s->quota, kind_of(bits), 1);
        if (rv == 0) {
            *out = p2p__zalloc(sizeof **out);
            if (*out != NULL) {
                (*out)->bits = bits;
                return 0;
            }
            rv = P2P_ENOMEM;
            p2p__quota_give(s->quota, kind_of(bits), 1);
        }
        p2p__quota_give(s->quota, P2P__Q_MEMORY, P2P__MPSTREAM_COST);
    }
    return rv;
}

static void begin(struct p2p__mplex *s, struct p2p__mpstream *st)
{
    p2p__sendq_init(&st->q, s->quota);
    p2p__list_init(&st->ready);
    p2p__list_init(&st->rst);
    p2p__list_init(&st->ev);
    p2p__list_push(&s->all, &st->all);
}

int p2p__mpstream_accept(struct p2p__mplex *s, uint64_t id,
                         struct p2p__mpstream **out)
{
    struct p2p__mpstream *st;
    int rv = make(s, P2P__MP_INBOUND, &st);

    if (rv != 0) {
        return rv;
    }
    st->key = id << 1;
    rv = p2p__map_put(&s->streams, &st->node, &st->key, sizeof st->key);
    if (rv != 0) {
        discharge(s, st);
        return rv;
    }
    begin(s, st);
    *out = st;
    return 0;
}

int p2p__mpstream_open(struct p2p__mplex *s, struct p2p__mpstream **out)
{
    int rv = make(s, P2P__MP_NEW, out);

    if (rv == 0) {
        begin(s, *out);
    }
    return rv;
}

int p2p__mpstream_announce(struct p2p__mplex *s, struct p2p__mpstream *st)
{
    int rv;

    assert(st->bits & P2P__MP_NEW);
    if (s->next_id >= P2P__MPLEX_ID_END) {
        return P2P_ELIMIT;
    }
    st->key = s->next_id << 1 | 1;
    rv = p2p__map_put(&s->streams, &st->node, &st->key, sizeof st->key);
    if (rv == 0) {
        s->next_id++;
        st->bits &= (uint16_t) ~(P2P__MP_NEW | P2P__MP_ANNOUNCE);
    }
    return rv;
}

void p2p__mpstream_free(struct p2p__mplex *s, struct p2p__mpstream *st)
{
    p2p__mpstream_paid(s, st, st->owed);
    if (!(st->bits & P2P__MP_NEW)) {
        p2p__map_remove(&s->streams, &st->node);
    }
    if (s->cur == st) {
        s->cur = NULL;
    }
    p2p__list_remove(&st->ready);
    p2p__list_remove(&st->rst);
    p2p__list_remove(&st->ev);
    p2p__list_remove(&st->all);
    p2p__sendq_fini(&st->q);
    discharge(s, st);
}

struct p2p__mpstream *p2p__mpstream_find(const struct p2p__mplex *s,
                                         uint64_t id, bool ours)
{
    const uint64_t key = id << 1 | ours;
    struct p2p__map_node *n = p2p__map_get(&s->streams, &key, sizeof key);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct p2p__mpstream, node);
}

void p2p__mpstream_tell(struct p2p__mplex *s, struct p2p__mpstream *st,
                        unsigned events)
{
    assert(events != 0 && !(st->events & P2P__WAITS_CLOSED));
    if (st->events == 0) {
        p2p__list_push(&s->ev, &st->ev);
    }
    st->events |= (uint8_t)events;
}

void p2p__mpstream_schedule(struct p2p__mplex *s, struct p2p__mpstream *st)
{
    const unsigned over = P2P__MP_DEAD | P2P__MP_FIN_OUT;
    const unsigned wants = P2P__MP_FIN_WANT | P2P__MP_ANNOUNCE;

    if (st->bits & over || !p2p__list_empty(&st->ready)) {
        return;
    }
    if (st->q.bytes > 0 || st->bits & wants) {
        p2p__list_push(&s->ready, &st->ready);
        p2p__mark(s->owner);
    }
}

void p2p__mpstream_kill(struct p2p__mplex *s, struct p2p__mpstream *st)
{
    st->bits |= P2P__MP_DEAD;
    st->bits &= (uint16_t) ~(P2P__MP_BLOCKED | P2P__MP_RST_DUE);
    p2p__list_remove(&st->ready);
    p2p__list_remove(&st->rst);
    p2p__sendq_fini(&st->q);
    p2p__mpstream_paid(s, st, st->owed);
    if (s->cur == st) {
        s->cur = NULL;
        s->bits &= (uint8_t)~P2P__M_EV_DATA;
    }
}

void p2p__mpstream_settle(struct p2p__mplex *s, struct p2p__mpstream *st)
{
    const uint16_t both = P2P__MP_FIN_IN | P2P__MP_FIN_OUT;
    const uint16_t gone = st->bits & (P2P__MP_DEAD | P2P__MP_RST_DUE);

    if (st->events & P2P__WAITS_CLOSED) {
        return;
    }
    if (gone == P2P__MP_DEAD || (!gone && (st->bits & both) == both)) {
        assert(p2p__list_empty(&st->ready) && st->q.bytes == 0);
        p2p__mpstream_tell(s, st, P2P__WAITS_CLOSED);
    }
}

void p2p__mpstream_paid(struct p2p__mplex *s, struct p2p__mpstream *st,
                        size_t n)
{
    assert(n <= st->owed && st->owed <= s->owed);
    st->owed -= n;
    s->owed -= n;
    if (s->bits & P2P__M_PAUSED &&
        s->owed <= P2P__CAP_MPLEX_UNCONSUMED_BYTES / 2) {
        s->bits &= (uint8_t)~P2P__M_PAUSED;
        p2p__mark(s->owner);
    }
}
