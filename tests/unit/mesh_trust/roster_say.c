/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Says what a roster says, for roster_oracle.py. Input: histories, each a line
 * "N" and N lines "what by key roles stand" (numbers; stand: which statement,
 * or -1); statement 0 is the genesis. Output: a line for each history: which
 * statements are in it and stand (0, 1, 2), then for each of eight keys the
 * roles ever and now and the revocations that have to keep.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mesh/trust/roster.h"
#include "p2p/err.h"

#define MOST 64
#define KEYS 8

struct history {
    struct um_statement s[MOST];
    struct um_name ids[MOST];
    int n;
};

static struct um_name key_of(int i)
{
    struct um_name n = {{0}};

    n.b[0] = (uint8_t)(i + 1);
    return n;
}

/* An id that is not in the order of the numbers. */
static struct um_name id_of(int i)
{
    struct um_name n = {{0}};

    n.b[0] = (uint8_t)(i * 37 % 64 + 1);
    n.b[1] = (uint8_t)i;
    return n;
}

static int number_of(const struct um_statement *s)
{
    return s->id.b[1];
}

static uint64_t nowhere(const void *user, const struct um_name *id)
{
    (void)user;
    (void)id;
    return 0;
}

static int read_history(struct history *h)
{
    int n;

    if (scanf("%d", &n) != 1 || n < 1 || n > MOST)
        return 0;
    memset(h, 0, sizeof *h);
    h->n = n;
    for (int i = 0; i < n; i++)
        h->ids[i] = id_of(i);
    for (int i = 0; i < n; i++) {
        struct um_statement *s = &h->s[i];
        int what;
        int by;
        int key;
        int roles;
        int stand;

        if (scanf("%d %d %d %d %d", &what, &by, &key, &roles, &stand) != 5)
            return 0;
        s->what = (enum um_statement_what)what;
        s->id = h->ids[i];
        s->by = key_of(by);
        s->key = key_of(i > 0 ? key : KEYS - 1); /* the recovery key */
        s->roles = (uint8_t)roles;
        if (i > 0)
            s->mesh = h->ids[0];
        if (stand >= 0)
            s->stand = (struct um_namelist){&h->ids[stand], 1};
    }
    return 1;
}

static void say(struct um_roster *r, const struct history *h)
{
    const struct um_statement *out[MOST];
    char state[MOST];

    memset(state, '0', sizeof state);
    for (size_t i = 0; i < um_roster_count(r); i++) {
        bool stands;
        const struct um_statement *s = um_roster_at(r, i, &stands);

        state[number_of(s)] = stands ? '2' : '1';
    }
    (void)printf("%.*s", h->n, state);
    for (int k = 0; k < KEYS; k++) {
        struct um_name name = key_of(k);
        size_t n = um_roster_keeps(r, &name, out, MOST);
        uint64_t keeps = 0;

        for (size_t i = 0; i < n; i++)
            keeps |= UINT64_C(1) << number_of(out[i]);
        (void)printf(" %u,%u,%llx", um_roster_ever(r, &name),
                     um_roster_roles(r, &name), (unsigned long long)keeps);
    }
    (void)printf("\n");
}

int main(void)
{
    static struct history h;
    static const struct um_known known = {nowhere, NULL};

    while (read_history(&h)) {
        struct um_roster r;
        struct um_need need;
        size_t before;

        um_roster_init(&r, &h.ids[0]);
        do {
            before = um_roster_count(&r);
            for (int i = h.n - 1; i >= 0; i--) {
                if (um_roster_add(&r, &h.s[i], &known, &need) == P2P_ENOMEM)
                    return 1;
            }
        } while (um_roster_count(&r) != before);
        say(&r, &h);
        um_roster_fini(&r);
    }
    return 0;
}
