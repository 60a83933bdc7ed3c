/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See tally.h. A message has a row with a field a host until it is settled;
 * then its row is gone and the sums stay.
 */
#include "tally.h"

#include <stdlib.h>

void tally_init(struct tally *t, size_t hosts)
{
    *t = (struct tally){.hosts = hosts};
}

static void free_msg(struct tally_msg *m)
{
    if (m != NULL) {
        free(m->reach);
        free(m);
    }
}

void tally_fini(struct tally *t)
{
    for (uint32_t i = 0; i < t->n_msgs; i++) {
        free_msg(t->msgs[i]);
    }
    free(t->msgs);
    t->msgs = NULL;
}

uint32_t tally_send(struct tally *t, uint32_t from, enum tally_part part,
                    p2p_ns now)
{
    struct tally_msg *m = calloc(1, sizeof *m + t->hosts * sizeof *m->took_ms);

    assert(m != NULL && from < t->hosts);
    if (t->n_msgs == t->room) {
        t->room = t->room * 2 + 64;
        t->msgs = realloc(t->msgs, t->room * sizeof *t->msgs);
        assert(t->msgs != NULL);
    }
    m->reach = calloc(t->hosts, sizeof *m->reach);
    assert(m->reach != NULL);
    m->at = now;
    m->from = from;
    m->part = part;
    for (size_t i = 0; i < t->hosts; i++) {
        m->took_ms[i] = TALLY_MISSING;
    }
    t->msgs[t->n_msgs] = m;
    return t->n_msgs++;
}

void tally_get(struct tally *t, uint32_t number, size_t host, p2p_ns now)
{
    struct tally_msg *m;

    assert(number < t->n_msgs && host < t->hosts);
    m = t->msgs[number];
    if (m == NULL || now - m->at > P2P__MS(TALLY_WINDOW_MS)) {
        t->late++;
    } else if (m->took_ms[host] != TALLY_MISSING || host == m->from) {
        t->twice++;
    } else {
        m->took_ms[host] = (uint16_t)((now - m->at) / P2P__MS(1));
    }
}

bool tally_expect(struct tally *t, uint32_t number, size_t host)
{
    struct tally_msg *m = t->msgs[number];
    uint16_t took = m->took_ms[host];

    t->expected[m->part]++;
    if (took == TALLY_MISSING) {
        return false;
    }
    t->got[m->part]++;
    t->took[took]++;
    m->took_ms[host] = TALLY_MISSING;
    return true;
}

void tally_settle(struct tally *t, uint32_t number)
{
    struct tally_msg *m = t->msgs[number];

    for (size_t i = 0; i < t->hosts; i++) {
        t->extra += m->took_ms[i] != TALLY_MISSING;
    }
    free_msg(m);
    t->msgs[number] = NULL;
}

uint32_t tally_quantile(const struct tally *t, unsigned permille)
{
    uint64_t got = t->got[TALLY_WHOLE] + t->got[TALLY_APART];
    uint64_t want = (got * permille + 999) / 1000, sum = 0;

    for (uint32_t ms = 0; ms <= TALLY_WINDOW_MS; ms++) {
        sum += t->took[ms];
        if (sum >= want) {
            return ms;
        }
    }
    return TALLY_WINDOW_MS;
}
