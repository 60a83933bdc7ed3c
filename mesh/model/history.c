/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See history.h. A revision and its texts are one allocation, found by a hash
 * table of places; the order by rank is an array into which each new one is
 * moved: most are new and go to its end. Adding finds all memory first, so a
 * history that could not grow is as it was.
 */
#include "mesh/model/history.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

/* The first sizes of what grows by doubling. */
enum { FIRST_REVS = 16, FIRST_FACTS = 16, FIRST_SLOTS = 32 };

void um_history_init(struct um_history *h, const uint64_t salt[8])
{
    memset(h, 0, sizeof *h);
    memcpy(h->salt, salt, sizeof h->salt);
}

static void free_past(struct um_past *p)
{
    struct um_noted *next;

    for (struct um_noted *n = p->facts; n != NULL; n = next) {
        next = n->next;
        um_mem_free(n);
    }
    um_mem_free(p);
}

void um_history_fini(struct um_history *h)
{
    for (size_t i = 0; i < h->revs_n; i++)
        free_past(h->revs[i]);
    um_mem_free(h->revs);
    um_mem_free(h->ranked);
    um_mem_free(h->slots);
    um_mem_free(h->fact_ids);
    memset(h, 0, sizeof *h);
}

/* Where the search for an id begins. Ids are made by people who may be
 * hostile: sums of products with a salt that they do not know. */
static size_t hash(const struct um_history *h, const struct um_name *id)
{
    uint32_t w[8];
    uint64_t sum = 0;

    memcpy(w, id->b, sizeof w);
    for (size_t i = 0; i < 8; i += 2)
        sum += (w[i] + h->salt[i]) * (w[i + 1] + h->salt[i + 1]);
    return (size_t)(sum >> 32);
}

struct um_past *um_history_find(const struct um_history *h,
                                const struct um_name *id)
{
    if (h->slots_n == 0)
        return NULL;
    for (size_t i = hash(h, id);; i++) {
        uint32_t place = h->slots[i & (h->slots_n - 1)];

        if (place == UM_NOWHERE)
            return NULL;
        if (um_name_eq(&h->revs[place]->rev.id, id))
            return h->revs[place];
    }
}

static void put_slot(const struct um_history *h, uint32_t *slots, size_t n,
                     uint32_t place)
{
    size_t i = hash(h, &h->revs[place]->rev.id);

    while (slots[i & (n - 1)] != UM_NOWHERE)
        i++;
    slots[i & (n - 1)] = place;
}

/* Keeps the hash table at most half full. */
static int grow_slots(struct um_history *h)
{
    size_t n = h->slots_n == 0 ? FIRST_SLOTS : 2 * h->slots_n;
    uint32_t *more;

    if (2 * (h->revs_n + 1) <= h->slots_n)
        return 0;
    more = um_mem_alloc(n * sizeof *more);
    if (more == NULL)
        return P2P_ENOMEM;
    memset(more, 0xff, n * sizeof *more);
    for (uint32_t place = 0; place < h->revs_n; place++)
        put_slot(h, more, n, place);
    um_mem_free(h->slots);
    h->slots = more;
    h->slots_n = n;
    return 0;
}

static int grow_revs(struct um_history *h)
{
    size_t n = h->revs_cap == 0 ? FIRST_REVS : 2 * h->revs_cap;
    void *more;

    if (h->revs_n < h->revs_cap)
        return 0;
    more = um_mem_realloc(h->revs, n * sizeof(struct um_past *));
    if (more == NULL)
        return P2P_ENOMEM;
    h->revs = more;
    more = um_mem_realloc(h->ranked, n * sizeof *h->ranked);
    if (more == NULL)
        return P2P_ENOMEM;
    h->ranked = more;
    h->revs_cap = n;
    return 0;
}

/* Copies a list to *at, which moves on. */
static struct um_namelist copy_names(char **at, struct um_namelist names)
{
    struct um_namelist out = {(struct um_name *)*at, names.n};

    if (names.n > 0)
        memcpy(*at, names.p, names.n * sizeof *names.p);
    *at += names.n * sizeof *names.p;
    return out;
}

static struct um_str copy_text(char **at, struct um_str text)
{
    struct um_str out = {*at, text.len};

    if (text.len > 0)
        memcpy(*at, text.p, text.len);
    *at += text.len;
    return out;
}

static uint32_t place_of(const struct um_history *h, const struct um_name *id)
{
    const struct um_past *p = um_history_find(h, id);

    return p == NULL ? UM_NOWHERE : p->place;
}

static struct um_past *copy_revision(const struct um_history *h,
                                     const struct um_revision *rev)
{
    size_t bytes = rev->first.n * UM_NAME_BYTES + rev->message.len;
    struct um_past *p = um_mem_alloc(sizeof *p + bytes);
    char *at = (char *)(p + 1);

    if (p == NULL)
        return NULL;
    *p = (struct um_past){.rev = *rev, .place = (uint32_t)h->revs_n};
    p->rev.first = copy_names(&at, rev->first);
    p->rev.message = copy_text(&at, rev->message);
    for (unsigned i = 0; i < 2; i++)
        p->parents[i] =
            i < rev->parents_n ? place_of(h, &rev->parents[i]) : UM_NOWHERE;
    return p;
}

/* Rule 4: by number, wall clock, id. */
static int cmp_rank(const struct um_revision *a, const struct um_revision *b)
{
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if (a->wall_ms != b->wall_ms)
        return a->wall_ms < b->wall_ms ? -1 : 1;
    return um_name_cmp(&a->id, &b->id);
}

static void rank(struct um_history *h, const struct um_past *p)
{
    size_t i = h->revs_n;

    for (; i > 0; i--) {
        const struct um_past *q = h->revs[h->ranked[i - 1]];

        if (cmp_rank(&q->rev, &p->rev) < 0)
            break;
        h->ranked[i] = h->ranked[i - 1];
    }
    h->ranked[i] = p->place;
}

int um_history_add_revision(struct um_history *h,
                            const struct um_roster *roster,
                            const struct um_revision *rev, uint64_t now_ms,
                            struct um_need *need)
{
    struct um_known known = um_history_known(h);
    struct um_past *p;
    int err;

    if (um_history_find(h, &rev->id) != NULL)
        return P2P_EDUP;
    err = um_accept_revision(roster, &known, rev, need);
    if (err != 0)
        return err;
    if (h->revs_n >= UM_NOWHERE || grow_slots(h) != 0 || grow_revs(h) != 0)
        return P2P_ENOMEM;
    p = copy_revision(h, rev);
    if (p == NULL)
        return P2P_ENOMEM;
    p->seen_ms = now_ms;
    for (unsigned i = 0; i < rev->parents_n; i++)
        assert(p->parents[i] < p->place);
    h->revs[p->place] = p;
    rank(h, p);
    put_slot(h, h->slots, h->slots_n, p->place);
    h->revs_n++;
    return 0;
}

/* Where the id of a fact is, or belongs. */
static size_t fact_index(const struct um_history *h, const struct um_name *id,
                         bool *found)
{
    size_t lo = 0;
    size_t hi = h->facts_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (um_name_cmp(&h->fact_ids[mid], id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = lo < h->facts_n && um_name_eq(&h->fact_ids[lo], id);
    return lo;
}

static int grow_facts(struct um_history *h)
{
    size_t n = h->facts_cap == 0 ? FIRST_FACTS : 2 * h->facts_cap;
    struct um_name *more;

    if (h->facts_n < h->facts_cap)
        return 0;
    more = um_mem_realloc(h->fact_ids, n * sizeof *more);
    if (more == NULL)
        return P2P_ENOMEM;
    h->fact_ids = more;
    h->facts_cap = n;
    return 0;
}

static struct um_noted *copy_fact(const struct um_fact *fact)
{
    size_t bytes = fact->nodes.n * UM_NAME_BYTES + fact->message.len;
    struct um_noted *n = um_mem_alloc(sizeof *n + bytes);
    char *at = (char *)(n + 1);

    if (n == NULL)
        return NULL;
    n->fact = *fact;
    n->fact.nodes = copy_names(&at, fact->nodes);
    n->fact.message = copy_text(&at, fact->message);
    return n;
}

int um_history_add_fact(struct um_history *h, const struct um_roster *roster,
                        const struct um_fact *fact, struct um_need *need)
{
    struct um_known known = um_history_known(h);
    bool found;
    size_t i = fact_index(h, &fact->id, &found);
    struct um_noted *n;
    struct um_past *p;
    int err;

    if (found)
        return P2P_EDUP;
    err = um_accept_fact(roster, &known, fact, need);
    if (err != 0)
        return err;
    n = grow_facts(h) != 0 ? NULL : copy_fact(fact);
    if (n == NULL)
        return P2P_ENOMEM;
    p = um_history_find(h, &fact->revision);
    assert(p != NULL);
    n->next = p->facts;
    p->facts = n;
    memmove(&h->fact_ids[i + 1], &h->fact_ids[i],
            (h->facts_n - i) * sizeof *h->fact_ids);
    h->fact_ids[i] = fact->id;
    h->facts_n++;
    return 0;
}

static uint64_t number_of(const void *user, const struct um_name *id)
{
    const struct um_past *p = um_history_find(user, id);

    return p == NULL ? 0 : p->rev.number;
}

struct um_known um_history_known(const struct um_history *h)
{
    return (struct um_known){.number = number_of, .user = h};
}
