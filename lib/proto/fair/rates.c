/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See rates.h. Who asked has a row as long as his bucket is not full: then it
 * says no more than none would. Happy path: nobody minds, each gets a row if
 * he has none, and a token is taken of each. Failure modes: one has no token;
 * all rows are taken by those who asked lately; no memory.
 */
#include "proto/fair/rates.h"

#include "base/mem.h"

struct row {
    struct p2p__map_node node;
    struct p2p__heap_node full;
    struct p2p__bucket bucket;
    struct p2p__fair_key key;
};

struct p2p__rate p2p__rate_per_minute(uint32_t n)
{
    assert(n > 0);
    return (struct p2p__rate){.burst = n, .each = P2P__SEC(60) / n};
}

void p2p__rates_init(struct p2p__rates *r, const struct p2p__rates_cfg *cfg)
{
    *r = (struct p2p__rates){0};
    memcpy(r->of, cfg->of, sizeof r->of);
    p2p__bucket_init(&r->all, cfg->all.burst, cfg->all.each);
    p2p__map_init(&r->rows, cfg->seed);
    p2p__heap_init(&r->full);
}

static void forget(struct p2p__rates *r, struct row *row)
{
    p2p__heap_remove(&r->full, &row->full);
    p2p__map_remove(&r->rows, &row->node);
    p2p__free(row);
}

/* The row that is full first; NULL: there is none. */
static struct row *first(const struct p2p__rates *r)
{
    struct p2p__heap_node *n = p2p__heap_first(&r->full);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct row, full);
}

void p2p__rates_fini(struct p2p__rates *r)
{
    struct row *row = first(r);

    while (row != NULL) {
        forget(r, row);
        row = first(r);
    }
    assert(r->rows.count == 0);
    p2p__map_fini(&r->rows);
}

/* Forgets rows that are full: more than one request makes. */
static void tidy(struct p2p__rates *r, p2p_ns now)
{
    struct row *row = first(r);

    for (int i = 0; i <= P2P__FAIR_KINDS && row != NULL && row->full.at <= now;
         i++) {
        forget(r, row);
        row = first(r);
    }
}

/* A row for a key, of no token taken; NULL: no memory. */
static struct row *make(struct p2p__rates *r, const struct p2p__fair_key *key,
                        const struct p2p__rate *rate, p2p_ns now)
{
    struct row *row = p2p__zalloc(sizeof *row);

    if (row == NULL) {
        return NULL;
    }
    row->key = *key;
    if (p2p__map_put(&r->rows, &row->node, row->key.bytes, row->key.len) != 0) {
        p2p__free(row);
        return NULL;
    }
    p2p__bucket_init(&row->bucket, rate->burst, rate->each);
    p2p__heap_set(&r->full, &row->full, now);
    return row;
}

/* Those who would be asked for a token; a row that is not there is NULL. */
struct asked {
    struct p2p__fair_key key[P2P__FAIR_KINDS];
    struct row *row[P2P__FAIR_KINDS];
};

/* Whether nobody minds one more. */
static bool may(const struct p2p__rates *r, const struct p2p__fair_who *who,
                struct asked *a, p2p_ns now)
{
    size_t missing = 0;

    for (int i = 0; i < P2P__FAIR_KINDS; i++) {
        struct p2p__map_node *n;

        if (r->of[i].burst == 0) {
            continue;
        }
        p2p__fair_key(who, (enum p2p__fair_kind)i, &a->key[i]);
        n = p2p__map_get(&r->rows, a->key[i].bytes, a->key[i].len);
        if (n == NULL) {
            missing++;
            continue;
        }
        a->row[i] = P2P__CONTAINER(n, struct row, node);
        if (now < p2p__bucket_ready(&a->row[i]->bucket)) {
            return false;
        }
    }
    return r->rows.count + missing <= P2P__CAP_RATES_ROWS;
}

int p2p__rates_take(struct p2p__rates *r, const struct p2p__fair_who *who,
                    p2p_ns now)
{
    struct asked a = {0};

    tidy(r, now);
    if (now < p2p__bucket_ready(&r->all) || !may(r, who, &a, now)) {
        return P2P_ELIMIT;
    }
    for (int i = 0; i < P2P__FAIR_KINDS; i++) {
        if (r->of[i].burst > 0 && a.row[i] == NULL) {
            a.row[i] = make(r, &a.key[i], &r->of[i], now);
            if (a.row[i] == NULL) {
                return P2P_ENOMEM;
            }
        }
    }
    for (int i = 0; i < P2P__FAIR_KINDS; i++) {
        if (a.row[i] != NULL) {
            (void)p2p__bucket_take(&a.row[i]->bucket, now);
            p2p__heap_set(&r->full, &a.row[i]->full, a.row[i]->bucket.full_at);
        }
    }
    (void)p2p__bucket_take(&r->all, now);
    return 0;
}
