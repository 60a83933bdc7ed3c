/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See topology.h. Each row tells its own ends; both ends of a connection become
 * one link. A link of which only members tell that were not heard of lately is
 * stale. Nobody is asked anything: who is silent or dead costs no time. Failure
 * modes: no memory, then all links are left out; two members whose keys begin
 * with the same eight bytes, then the lower one is meant.
 */
#include "mesh/app/topology.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/app/views.h"
#include "mesh/base/mem.h"
#include "mesh/node/ties.h"

/* One end of a connection, as its member tells of it. */
struct end {
    size_t low, high; /* the two members, by their place in the roster */
    bool by_low;      /* who tells */
    bool fresh;
    struct um_tie tie;
};

/* All of them. */
struct ends {
    struct um_roster *roster;
    struct end *list;
    size_t n;
    size_t left_out;
};

/* Which member a tie leads to; keys_n: none. */
static size_t member_of(struct um_roster *r, const struct um_tie *t)
{
    size_t lo = 0, hi = r->keys_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (memcmp(um_roster_key_at(r, mid)->name.b, t->member,
                   sizeof t->member) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < r->keys_n && (um_roster_key_at(r, lo)->now & UM_NODE) != 0 &&
                   memcmp(um_roster_key_at(r, lo)->name.b, t->member,
                          sizeof t->member) == 0
               ? lo
               : r->keys_n;
}

/* What a member tells of its connections. */
static void add_all(struct ends *e, size_t who, bool fresh, struct um_str ties)
{
    struct um_tie t;

    while (um_tie_take(&ties, &t)) {
        size_t to = member_of(e->roster, &t);

        if (to == e->roster->keys_n || to == who) {
            continue;
        }
        if (e->list == NULL || e->n == UM_TOPOLOGY_ENDS) {
            e->left_out++;
            continue;
        }
        e->list[e->n++] = (struct end){.low = who < to ? who : to,
                                       .high = who < to ? to : who,
                                       .by_low = who < to,
                                       .fresh = fresh,
                                       .tie = t};
    }
}

static int compare(const void *x, const void *y)
{
    const struct end *a = x, *b = y;

    if (a->low != b->low) {
        return a->low < b->low ? -1 : 1;
    }
    if (a->high != b->high) {
        return a->high < b->high ? -1 : 1;
    }
    return a->by_low == b->by_low ? 0 : a->by_low ? -1 : 1;
}

/* Of itself a node tells what is now; of others what they said last. */
static void collect(struct um_node *n, struct ends *e, struct um_json *j)
{
    struct um_buf own = UM_BUF_INIT;
    struct um_row row;
    uint64_t age_ms;

    for (size_t i = 0; i < e->roster->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(e->roster, i);
        bool me = um_name_eq(&k->name, um_node_me(n));
        const char *state;

        if ((k->now & UM_NODE) == 0) {
            continue;
        }
        state = um_views_state(n, &k->name, &row, &age_ms);
        um_json_open(j, NULL, '{');
        um_views_peer(j, "id", &k->name);
        um_views_name(n, j, "name", &k->name);
        um_json_bool(j, "me", me);
        um_json_text(j, "state", state != NULL ? state : "unknown");
        if (state != NULL) {
            um_json_uint(j, "age_ms", age_ms);
        }
        um_json_close(j, '}');
        if (me) {
            um_ties_put(n, &own);
            add_all(e, i, true, um_buf_view(&own));
        } else if (state != NULL) {
            add_all(e, i, strcmp(state, "stale") != 0, row.ties);
        }
    }
    um_buf_fini(&own);
}

/* The round trip as the ends measured it: the shorter one, in microseconds. */
static uint32_t rtt_of(const struct end *e, size_t n)
{
    uint32_t best = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t rtt = e[i].tie.rtt_us;

        best = rtt > 0 && (best == 0 || rtt < best) ? rtt : best;
    }
    return best;
}

/* A link, of which one end is told or both. */
static void put_link(struct um_json *j, struct um_roster *r,
                     const struct end *e, size_t n)
{
    const struct um_name *pair[] = {&um_roster_key_at(r, e->low)->name,
                                    &um_roster_key_at(r, e->high)->name};
    const struct end *best = n > 1 && !e[0].fresh ? &e[1] : &e[0];

    um_json_open(j, NULL, '{');
    um_json_open(j, "between", '[');
    um_views_peer(j, NULL, pair[0]);
    um_views_peer(j, NULL, pair[1]);
    um_json_close(j, ']');
    um_views_peer(j, "dialled_by", pair[best->by_low != best->tie.dialled]);
    um_json_text(j, "over", um_tie_word(best->tie.over));
    um_json_bool(j, "relayed", best->tie.relayed);
    if (rtt_of(e, n) > 0) {
        um_json_real(j, "rtt_ms", (double)rtt_of(e, n) / 1000.0);
    }
    um_json_bool(j, "stale", !best->fresh);
    um_json_close(j, '}');
}

static void put_links(struct um_json *j, const struct ends *e)
{
    size_t n;

    um_json_open(j, "links", '[');
    for (size_t i = 0; i < e->n; i += n) {
        n = i + 1 < e->n && e->list[i].low == e->list[i + 1].low &&
                    e->list[i].high == e->list[i + 1].high
                ? 2
                : 1;
        put_link(j, e->roster, &e->list[i], n);
    }
    um_json_close(j, ']');
    um_json_uint(j, "left_out", e->left_out);
}

void um_topology_show(struct um_node *n, struct um_json *j)
{
    struct ends e = {.roster = &um_node_model(n)->roster};

    e.list = um_mem_zalloc(UM_TOPOLOGY_ENDS * sizeof *e.list);
    um_json_open(j, "nodes", '[');
    collect(n, &e, j);
    um_json_close(j, ']');
    if (e.n > 1) {
        qsort(e.list, e.n, sizeof *e.list, compare);
    }
    put_links(j, &e);
    um_mem_free(e.list);
}
