/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The side of a session that asks: see session.h. Answers come in the order of
 * the requests, so one belongs to the oldest request, or to none, and then the
 * session ends. Names are asked for in the order in which the peer lists them,
 * which has dependencies first; so what is judged rarely has to wait.
 *
 * What still waits when all was answered: its needs are asked for by name, a
 * few times; then it is dropped. It is offered again in the next round.
 */
#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/sync/state.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* Parts of a document that are asked for ahead. */
enum { PARTS_AHEAD = 4 };

/* How often needs are asked for by name before a round is better. */
enum { CHASES = 4 };

/* The rows of names of a set: what was asked for singly goes first. */
enum { SINGLE, LISTED, ROWS };

void um_sync_pull_fini(struct um_sync *s)
{
    for (unsigned i = 0; i < UM_SYNC_SETS; i++) {
        um_wants_fini(&s->pulls[i].wants[SINGLE]);
        um_wants_fini(&s->pulls[i].wants[LISTED]);
    }
}

static struct um_sync_request *oldest(struct um_sync *s)
{
    return s->requests_n > 0 ? &s->requests[s->requests_at] : NULL;
}

static void pop(struct um_sync *s)
{
    assert(s->requests_n > 0);
    s->requests_at = (s->requests_at + 1) % UM__CAP_SYNC_REQUESTS;
    s->requests_n--;
}

/* Notes a request and writes it. */
static struct um_sync_request *ask(struct um_sync *s, struct um_buf *out,
                                   const struct um_sync_msg *m)
{
    unsigned i = (s->requests_at + s->requests_n) % UM__CAP_SYNC_REQUESTS;
    struct um_sync_request *r = &s->requests[i];

    assert(s->requests_n < UM__CAP_SYNC_REQUESTS);
    if (s->requests_n == 0 && !s->hello_open)
        s->answer_ms = s->now_ms;
    s->requests_n++;
    *r = (struct um_sync_request){.what = m->what,
                                  .set = m->set,
                                  .n = m->names.n,
                                  .hash = m->hash,
                                  .offset = m->offset};
    um_sync_write(out, m);
    return r;
}

/* What um_wants_take() leaves out. */
struct here {
    const struct um_sync *s;
    enum um_sync_set set;
};

static bool is_here(const void *user, const struct um_name *id)
{
    const struct here *h = user;

    return um_sync_has(h->s, h->set, id);
}

static bool ask_names(struct um_sync *s, struct um_buf *out,
                      enum um_sync_set set, unsigned row)
{
    const struct here here = {s, set};
    struct um_sync_msg m = {.what = UM_SYNC_WANT, .set = set};

    if (!um_wants_more(&s->pulls[set - 1].wants[row]))
        return false;
    m.names =
        um_wants_take(&s->pulls[set - 1].wants[row], UM__CAP_SYNC_WANT_NAMES,
                      (struct um_wants_has){is_here, &here});
    if (m.names.n == 0)
        return false;
    ask(s, out, &m)->listed = row == LISTED;
    return true;
}

static bool ask_ids(struct um_sync *s, struct um_buf *out, enum um_sync_set set)
{
    struct um_sync_pull *p = &s->pulls[set - 1];
    struct um_sync_msg m = {.what = UM_SYNC_IDS_WANT, .set = set};
    char numbers[UM_SYNC_BUCKETS];
    size_t n = 0;

    for (unsigned i = 0; i < UM_SYNC_BUCKETS; i++) {
        if (p->buckets[i])
            numbers[n++] = (char)(uint8_t)i;
    }
    m.buckets = um_str_n(numbers, n);
    memcpy(ask(s, out, &m)->buckets, p->buckets, sizeof p->buckets);
    p->ask_ids = false;
    return true;
}

/* The next request about a set. */
static bool ask_of_set(struct um_sync *s, struct um_buf *out,
                       enum um_sync_set set)
{
    struct um_sync_pull *p = &s->pulls[set - 1];
    struct um_sync_msg m = {.what = UM_SYNC_BUCKETS_WANT, .set = set};

    if (p->ask_ids)
        return ask_ids(s, out, set);
    if (!p->ask_buckets)
        return false;
    p->ask_buckets = false;
    (void)ask(s, out, &m);
    return true;
}

/* How many parts of the download are under way. */
static unsigned parts_open(const struct um_sync *s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < s->requests_n; i++) {
        const struct um_sync_request *r =
            &s->requests[(s->requests_at + i) % UM__CAP_SYNC_REQUESTS];

        n += r->what == UM_SYNC_DOC_WANT && r->turn == s->download_turn;
    }
    return n;
}

static bool ask_part(struct um_sync *s, struct um_buf *out)
{
    const struct um_download *d = s->download;
    const bool sparing = s->most < UM__CAP_SYNC_PART_BYTES;
    struct um_sync_msg m = {.what = UM_SYNC_DOC_WANT};
    unsigned open = parts_open(s);

    if (d == NULL || s->download_event || open >= (sparing ? 1 : PARTS_AHEAD))
        return false;
    if (d->size == 0 ? open > 0 : s->download_asked >= d->size)
        return false;
    m.hash = d->hash;
    m.offset = s->download_asked;
    m.size = sparing ? s->most : 0;
    ask(s, out, &m)->turn = s->download_turn;
    s->download_asked += s->most;
    return true;
}

static bool ask_slot(struct um_sync *s, struct um_buf *out)
{
    struct um_sync_msg m = {.what = UM_SYNC_SLOT_WANT, .hash = s->slot_object};

    if (!s->slot_wanted)
        return false;
    s->slot_wanted = false;
    (void)ask(s, out, &m);
    return true;
}

bool um_sync_request(struct um_sync *s, struct um_buf *out)
{
    if (s->requests_n == UM__CAP_SYNC_REQUESTS)
        return false;
    if (ask_slot(s, out) || ask_part(s, out))
        return true;
    for (unsigned set = UM_SYNC_ROSTER; set <= UM_SYNC_FACTS; set++) {
        if (ask_of_set(s, out, set))
            return true;
    }
    for (unsigned row = SINGLE; row < ROWS; row++) {
        for (unsigned set = UM_SYNC_ROSTER; set <= UM_SYNC_FACTS; set++) {
            if (ask_names(s, out, set, row))
                return true;
        }
    }
    return false;
}

static void on_buckets(struct um_sync *s, const struct um_sync_msg *m)
{
    struct um_sync_pull *p = &s->pulls[m->set - 1];
    const struct um_name *ours = um_digest_buckets(um_sync_digest(s, m->set));

    pop(s);
    for (unsigned i = 0; i < UM_SYNC_BUCKETS; i++) {
        p->buckets[i] = !um_name_eq(&ours[i], &m->names.p[i]);
        p->ask_ids = p->ask_ids || p->buckets[i];
    }
}

static void on_ids(struct um_sync *s, const struct um_sync_msg *m)
{
    struct um_sync_request *r = oldest(s);
    struct um_wants *w = &s->pulls[m->set - 1].wants[LISTED];

    r->n += m->names.n;
    if (r->n > UM__CAP_SYNC_LISTED) {
        um_sync_end(s, UM_SYNC_FLOOD);
        return;
    }
    for (size_t i = 0; i < m->names.n; i++) {
        const struct um_name *id = &m->names.p[i];
        int err = 0;

        if (!r->buckets[id->b[0]]) {
            um_sync_end(s, UM_SYNC_WRONG_ANSWER);
            return;
        }
        if (!um_sync_has(s, m->set, id))
            err = um_wants_add(w, id);
        if (err == P2P_ENOMEM) {
            um_sync_end(s, UM_SYNC_NO_MEMORY);
            return;
        }
    }
    if (!m->more)
        pop(s);
}

static void on_items(struct um_sync *s, const struct um_sync_msg *m)
{
    s->run = m->envelopes;
    s->run_what = UM_SYNC_ITEMS;
    s->gone = m->names;
    s->gone_at = 0;
}

/* The document that is fetched is whole, or not there. */
static void downloaded(struct um_sync *s)
{
    s->download_event = true;
    s->download_turn++;
}

static void on_doc(struct um_sync *s, const struct um_sync_msg *m)
{
    const struct um_download_part part = {m->offset, m->size, s->most,
                                          m->bytes};
    const struct um_sync_request *r = oldest(s);
    bool stale = s->download == NULL || r->turn != s->download_turn;
    int got;

    if (r->offset != m->offset) {
        um_sync_end(s, UM_SYNC_WRONG_ANSWER);
        return;
    }
    pop(s);
    if (stale)
        return;
    if (m->size == 0) {
        downloaded(s);
        return;
    }
    got = um_download_add(s->download, &part);
    if (got == 1) {
        downloaded(s);
    } else if (got < 0) {
        um_sync_end(
            s, got == P2P_ENOMEM ? UM_SYNC_NO_MEMORY : UM_SYNC_BAD_DOCUMENT);
    } else if (s->download->bytes.len == 0) {
        s->download_asked = 0;
        s->download_turn++;
    }
}

static void on_slot(struct um_sync *s, const struct um_sync_msg *m)
{
    pop(s);
    s->slot_here = m->bytes.len == sizeof s->slot;
    if (s->slot_here)
        memcpy(s->slot, m->bytes.p, sizeof s->slot);
    s->slot_event = true;
}

/* The peer does not know the oldest request: an older version of ours. */
static void on_sorry(struct um_sync *s, const struct um_sync_msg *m)
{
    const struct um_sync_request *r = oldest(s);
    bool stale = s->download == NULL || r->turn != s->download_turn;

    if (m->number != r->what) {
        um_sync_end(s, UM_SYNC_WRONG_ANSWER);
        return;
    }
    pop(s);
    if (m->number == UM_SYNC_SLOT_WANT) {
        s->slot_here = false;
        s->slot_event = true;
    } else if (m->number != UM_SYNC_DOC_WANT) {
        um_sync_end(s, UM_SYNC_TOO_NEW);
    } else if (!stale) {
        downloaded(s);
    }
}

/* Whether a message answers a request, by kind and by what it is about. */
static bool answers(const struct um_sync_request *r,
                    const struct um_sync_msg *m)
{
    return m->what == UM_SYNC_SORRY ||
           (m->what == r->what + 1 && m->set == r->set &&
            um_name_eq(&m->hash, &r->hash));
}

void um_sync_answered(struct um_sync *s, const struct um_sync_msg *m)
{
    const struct um_sync_request *r = oldest(s);

    s->answer_ms = s->now_ms;
    if (r == NULL)
        um_sync_end(s, UM_SYNC_UNASKED);
    else if (!answers(r, m))
        um_sync_end(s, UM_SYNC_WRONG_ANSWER);
    else if (m->what == UM_SYNC_BUCKETS_ARE)
        on_buckets(s, m);
    else if (m->what == UM_SYNC_IDS)
        on_ids(s, m);
    else if (m->what == UM_SYNC_ITEMS)
        on_items(s, m);
    else if (m->what == UM_SYNC_DOC)
        on_doc(s, m);
    else if (m->what == UM_SYNC_SLOT)
        on_slot(s, m);
    else
        on_sorry(s, m);
}

/* The id of what an envelope of a set carries, if it is one. */
static struct um_name id_of(enum um_sync_set set, struct um_str envelope)
{
    static const enum um_kind kinds[] = {[UM_SYNC_ROSTER] = UM_STATEMENT,
                                         [UM_SYNC_REVISIONS] = UM_REVISION,
                                         [UM_SYNC_FACTS] = UM_FACT};
    struct um_str payload = um_item_payload(envelope, kinds[set]);
    struct um_name id;

    p2p_sha256(payload.p, payload.len, id.b);
    return id;
}

/* One name of the request was answered. */
static void name_done(struct um_sync *s, struct um_wants *w)
{
    struct um_sync_request *r = oldest(s);

    um_wants_done(w);
    r->n--;
}

/* Passes over the names that the peer has not; false: it said that of one that
 * it listed. */
static bool pass_gone(struct um_sync *s, struct um_wants *w)
{
    const struct um_sync_request *r = oldest(s);

    while (r->n > 0 && s->gone_at < s->gone.n &&
           um_name_eq(&s->gone.p[s->gone_at], um_wants_head(w))) {
        if (r->listed)
            return false;
        s->gone_at++;
        name_done(s, w);
    }
    return true;
}

bool um_sync_next_item(struct um_sync *s, struct um_sync_ev *ev)
{
    struct um_sync_request *r = oldest(s);
    struct um_wants *w;

    if (s->run.len == 0 && s->gone_at == s->gone.n)
        return false;
    assert(r != NULL && r->what == UM_SYNC_WANT);
    w = &s->pulls[r->set - 1].wants[r->listed ? LISTED : SINGLE];
    if (!pass_gone(s, w)) {
        um_sync_end(s, UM_SYNC_WRONG_ANSWER);
        return false;
    }
    if (um_pb_list_next(&s->run, &ev->envelope)) {
        ev->id = id_of(r->set, ev->envelope);
        if (r->n == 0 || !um_name_eq(&ev->id, um_wants_head(w))) {
            um_sync_end(s, UM_SYNC_WRONG_ANSWER);
            return false;
        }
        ev->what = UM_SYNC_EV_ITEM;
        ev->set = r->set;
        s->judge = true;
        name_done(s, w);
        if (!pass_gone(s, w))
            um_sync_end(s, UM_SYNC_WRONG_ANSWER);
    }
    if (s->run.len == 0 && s->gone_at < s->gone.n)
        um_sync_end(s, UM_SYNC_WRONG_ANSWER);
    if (r->n == 0 && s->run.len == 0)
        pop(s);
    return s->judge;
}

/* Whether something of a round is under way. */
static bool is_busy(const struct um_sync *s)
{
    if (s->begin || s->hello_open)
        return true;
    for (unsigned i = 0; i < UM_SYNC_SETS; i++) {
        const struct um_sync_pull *p = &s->pulls[i];

        if (p->ask_buckets || p->ask_ids ||
            !um_wants_empty(&p->wants[SINGLE]) ||
            !um_wants_empty(&p->wants[LISTED]))
            return true;
    }
    for (unsigned i = 0; i < s->requests_n; i++) {
        const struct um_sync_request *r =
            &s->requests[(s->requests_at + i) % UM__CAP_SYNC_REQUESTS];

        if (r->what < UM_SYNC_DOC_WANT)
            return true;
    }
    return false;
}

/* The set in which a need lies; 0: it has no id that could be asked for. */
static enum um_sync_set set_of(const struct um_need *need)
{
    if (need->what == UM_NEED_REVISION)
        return UM_SYNC_REVISIONS;
    return need->what == UM_NEED_GENESIS || need->what == UM_NEED_STATEMENT
               ? UM_SYNC_ROSTER
               : 0;
}

/* The ids of the items that wait, ascending; returns owned, NULL: no memory. */
static struct um_name *waiting_ids(const struct um_waiting *w)
{
    struct um_name *ids = um_mem_alloc(w->n * sizeof *ids);

    for (size_t i = 0; ids != NULL && i < w->n; i++)
        ids[i] = w->list[i]->id;
    if (ids != NULL)
        (void)um_namelist_sort(ids, w->n);
    return ids;
}

/* Whether what an item needs is to be asked for now. */
static bool is_lacking(const struct um_sync *s,
                       const struct um_waiting_item *it,
                       struct um_namelist waiting)
{
    enum um_sync_set set = set_of(&it->need);

    return !it->chased && set != 0 && !um_sync_has(s, set, &it->need.name) &&
           !um_namelist_has(waiting, &it->need.name);
}

/* Asks for what the waiting items need; false: there is nothing to ask for. */
static bool chase(struct um_sync *s)
{
    struct um_waiting *w = &s->waiting;
    struct um_name *ids = s->chases > 0 ? waiting_ids(w) : NULL;
    const struct um_name *last = NULL;
    bool any = false;

    if (ids == NULL)
        return false;
    s->chases--;
    for (size_t i = 0; i < w->n; i++) {
        struct um_waiting_item *it = w->list[i];
        struct um_wants *wants;

        if (!is_lacking(s, it, (struct um_namelist){ids, w->n}))
            continue;
        it->chased = true;
        if (last != NULL && um_name_eq(last, &it->need.name))
            continue;
        last = &it->need.name;
        wants = &s->pulls[set_of(&it->need) - 1].wants[SINGLE];
        any = um_wants_add(wants, last) == 0 || any;
    }
    um_mem_free(ids);
    return any;
}

/* Begins to pull the sets of which the peer has said another root. */
static bool start_pulls(struct um_sync *s)
{
    bool any = false;

    for (unsigned set = UM_SYNC_ROSTER; set <= UM_SYNC_FACTS; set++) {
        struct um_sync_pull *p = &s->pulls[set - 1];

        if (!p->news)
            continue;
        p->news = false;
        if (um_sync_same_root(s, set))
            continue;
        any = true;
        p->ask_ids = um_digest_count(um_sync_digest(s, set)) == 0;
        p->ask_buckets = !p->ask_ids;
        memset(p->buckets, p->ask_ids, sizeof p->buckets);
    }
    if (any)
        s->chases = CHASES;
    return any;
}

void um_sync_settle(struct um_sync *s)
{
    if (is_busy(s))
        return;
    if (!um_waiting_empty(&s->waiting)) {
        if (chase(s))
            return;
        um_waiting_fini(&s->waiting);
        s->begin = s->hinted;
    }
    s->hinted = false;
    if (s->begin || start_pulls(s))
        return;
    if (s->taken > 0) {
        s->begin = true;
    } else if (s->heard) {
        s->heard = false;
        s->done_event = um_sync_same_root(s, UM_SYNC_ROSTER) &&
                        um_sync_same_root(s, UM_SYNC_REVISIONS) &&
                        um_sync_same_root(s, UM_SYNC_FACTS);
    }
}

int um_sync_fetch(struct um_sync *s, struct um_download *d)
{
    if (um_sync_over(s) || d->whole)
        return P2P_ESTATE;
    if (s->download != NULL)
        return P2P_EAGAIN;
    s->download = d;
    s->download_asked = d->bytes.len;
    s->download_turn++;
    d->mixed = d->bytes.len > 0;
    return 0;
}

int um_sync_want(struct um_sync *s, enum um_sync_set set,
                 struct um_namelist names)
{
    int err = 0;

    if (um_sync_over(s))
        return P2P_ESTATE;
    for (size_t i = 0; i < names.n && err == 0; i++) {
        if (!um_sync_has(s, set, &names.p[i]))
            err = um_wants_add(&s->pulls[set - 1].wants[SINGLE], &names.p[i]);
    }
    s->hinted = true;
    s->chases = CHASES;
    return err;
}

int um_sync_want_slot(struct um_sync *s, const struct um_name *object)
{
    if (um_sync_over(s))
        return P2P_ESTATE;
    if (s->slot_open)
        return P2P_EAGAIN;
    s->slot_open = true;
    s->slot_wanted = true;
    s->slot_object = *object;
    return 0;
}
