/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Statements by a handful of keys, four bytes each, added as they come and the
 * other way round: two rosters that have to say the same. A signature is not
 * what is tried here.
 */
#include <stdlib.h>

#include "mesh/trust/roster.h"
#include "p2p/err.h"
#include "p2p/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STATEMENTS 24
#define KEYS       6

struct trial {
    struct um_statement s[STATEMENTS];
    struct um_name ids[STATEMENTS];
    size_t n;
};

static void need(bool fine)
{
    if (!fine)
        abort();
}

static struct um_name key_of(unsigned i)
{
    struct um_name n = {{0}};

    n.b[0] = (uint8_t)(i % KEYS + 1);
    return n;
}

static uint64_t number(const void *user, const struct um_name *id)
{
    (void)user;
    return id->b[0] == 9 ? 7 : 0;
}

/* A statement of four bytes: what, by whom, about whom, and how much. */
static void make(struct trial *t, const uint8_t *p)
{
    struct um_statement *s = &t->s[t->n];
    static const struct um_name ids[1] = {{{9}}};
    uint8_t id[5];

    memset(s, 0, sizeof *s);
    s->what = (enum um_statement_what)(p[0] % 4 + 2);
    s->mesh = t->s[0].id;
    s->by = key_of(p[1]);
    s->seq = p[3] % 4 + 1U;
    s->wall_ms = 1;
    if (s->what != UM_VOID)
        s->key = key_of(p[2]);
    if (s->what == UM_GRANT || s->what == UM_REVOKE)
        s->roles = p[3] % 16;
    if (s->what == UM_GRANT && s->roles == 0)
        s->roles = UM_NODE;
    if (s->what == UM_REVOKE && p[3] >= 128)
        s->stand = (struct um_namelist){&t->ids[p[3] % t->n], 1};
    if (s->what == UM_REVOKE && p[3] % 64 >= 32)
        s->keep = (struct um_namelist){ids, 1};
    if (s->what == UM_VOID)
        s->ids = (struct um_namelist){ids, 1};
    if (s->what == UM_SET) {
        s->name = UM_STR("n");
        s->value = um_str_n((const char *)p, 1);
    }
    /* What it lets stand depends on how many there are. */
    id[4] = (uint8_t)t->n;
    memcpy(id, p, 4);
    p2p_sha256(id, sizeof id, s->id.b);
    t->ids[t->n++] = s->id;
}

static void begin(struct trial *t)
{
    struct um_statement *g = &t->s[0];

    memset(t, 0, sizeof *t);
    g->what = UM_GENESIS;
    g->by = key_of(0);
    g->key = key_of(KEYS - 1);
    g->roles = UM_ROLES_ALL;
    g->first = key_of(2);
    g->id.b[5] = 1;
    t->ids[0] = g->id;
    t->n = 1;
}

static void fill(struct um_roster *r, const struct trial *t, bool backwards)
{
    static const struct um_known known = {number, NULL};
    struct um_need what;
    size_t before;

    um_roster_init(r, &t->s[0].id);
    do {
        before = um_roster_count(r);
        for (size_t i = 0; i < t->n; i++) {
            size_t at = backwards ? t->n - 1 - i : i;
            int err = um_roster_add(r, &t->s[at], &known, &what);

            need(err == 0 || err == P2P_EDUP || err == P2P_EAGAIN);
            need((err == P2P_EAGAIN) == (what.what != UM_NEED_NOTHING));
        }
    } while (um_roster_count(r) != before);
}

/* What has to be equal, and what has to hold in any roster. */
static void compare(struct um_roster *a, struct um_roster *b)
{
    const struct um_name revision = {{9}};
    const struct um_statement *out[STATEMENTS];

    need(um_roster_count(a) == um_roster_count(b));
    need(um_roster_members(a) == um_roster_members(b));
    need(um_roster_voids(a, &revision) == um_roster_voids(b, &revision));
    for (unsigned i = 0; i < KEYS; i++) {
        struct um_name k = key_of(i);
        unsigned now = um_roster_roles(a, &k);
        unsigned ever = um_roster_ever(a, &k);
        size_t keeps = um_roster_keeps(a, &k, out, STATEMENTS);
        const struct um_statement *v = um_roster_value(a, &k, UM_STR("n"));
        const struct um_statement *w = um_roster_value(b, &k, UM_STR("n"));

        need(now == um_roster_roles(b, &k));
        need(ever == um_roster_ever(b, &k));
        need(keeps == um_roster_keeps(b, &k, NULL, 0));
        need((now & ~ever) == 0 && keeps <= STATEMENTS);
        /* who was a writer is one, or something was said about it */
        need((ever & UM_WRITER) == 0 ||
             ((now & UM_WRITER) != 0) == (keeps == 0));
        need((v == NULL) == (w == NULL));
        need(v == NULL || um_name_eq(&v->id, &w->id));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trial t;
    struct um_roster a;
    struct um_roster b;

    begin(&t);
    for (; size >= 4 && t.n < STATEMENTS; size -= 4, data += 4)
        make(&t, data);
    fill(&a, &t, false);
    fill(&b, &t, true);
    compare(&a, &b);
    um_roster_fini(&a);
    um_roster_fini(&b);
    return 0;
}
