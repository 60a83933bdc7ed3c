/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A mesh that makes revisions, facts, revocations and voids, and a warden that
 * is asked for one revision after the other: four bytes an event. What it says
 * has to be what the whole history says, and with some of the evidence left out
 * nothing that it forbids.
 */
#include <stdlib.h>

#include "overseer.h"
#include "p2p/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEYS = 6, REVS = 64, ME = 1, OWNER = 0 };

/* A hundred events. */
#define INPUT_MAX 400

#define T0   UINT64_C(1764000000000)
#define N_MS 60000U

struct scene {
    struct um_model m;
    struct um_effects fx;
    struct overseer *o;
    struct overseer_counts counts;
    struct um_name mesh;
    struct um_revision revs[REVS];
    unsigned revs_n;
    uint64_t now;
    unsigned items;
};

static struct p2p_key *keys[KEYS];
static struct um_name names[KEYS];

static void need(bool fine)
{
    if (!fine)
        abort();
}

static void make_keys(void)
{
    for (unsigned i = 0; i < KEYS && keys[i] == NULL; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1), 'w'};

        need(p2p_key_from_seed(seed, &keys[i]) == 0);
        need(um_item_signer(keys[i], &names[i]) == 0);
    }
}

static void step(struct scene *s, struct um_event *e)
{
    e->wall_ms = T0 + s->now;
    e->mono_ms = s->now;
    need(um_model_step(&s->m, e, &s->fx) == 0);
    for (size_t i = 0; i < s->fx.n; i++) {
        const struct um_record *r = &s->fx.list[i].u.persist;

        if (s->fx.list[i].what == UM_FX_PERSIST && r->what == UM_RECORD_ITEM)
            overseer_item(s->o, r->kind, &r->id, r->bytes);
    }
}

static void give(struct scene *s, enum um_kind kind, struct um_buf *b)
{
    const struct um_arrival one = {kind, um_buf_view(b)};
    struct um_event e = {.what = UM_EV_ITEMS,
                         .u.items = {.list = &one, .n = 1}};

    need(!um_buf_failed(b));
    step(s, &e);
    um_buf_fini(b);
}

/* Adds a revision that names its parents; none: r1. */
static void add_rev(struct scene *s, unsigned by, struct um_revision r)
{
    struct um_buf b = UM_BUF_INIT;

    r.mesh = r.parents_n > 0 ? s->mesh : (struct um_name){{0}};
    r.doc.b[0] = 1;
    r.doc.b[1] = (uint8_t)s->items++;
    r.doc_bytes = 2;
    need(um_revision_seal(&r, keys[by], &b) == 0);
    r.first = (struct um_namelist){NULL, 0};
    s->revs[s->revs_n++] = r;
    if (r.parents_n > 0)
        give(s, UM_REVISION, &b);
    um_buf_fini(&b);
}

static void say(struct scene *s, unsigned by, struct um_statement st)
{
    struct um_buf b = UM_BUF_INIT;

    st.mesh = s->mesh;
    st.wall_ms = T0 + s->items++;
    if (um_statement_seal(&st, keys[by], &b) == 0)
        give(s, UM_STATEMENT, &b);
    um_buf_fini(&b);
}

static void begin(struct scene *s)
{
    struct um_model_cfg cfg;
    struct um_statement genesis = {
        .what = UM_GENESIS, .roles = UM_ROLES_ALL, .nonce = {1}, .wall_ms = T0};
    struct um_event e = {.what = UM_EV_STARTED};
    struct um_revision r1 = {.number = 1, .wall_ms = T0};
    struct um_buf g = UM_BUF_INIT, b = UM_BUF_INIT;

    *s = (struct scene){.now = 1000};
    add_rev(s, OWNER, r1);
    genesis.first = s->revs[0].id;
    need(um_statement_seal(&genesis, keys[OWNER], &g) == 0);
    s->mesh = genesis.id;
    um_model_defaults(&cfg);
    cfg.mesh = s->mesh;
    cfg.me = names[ME];
    cfg.signer = um_signer_of(keys[ME]);
    um_model_init(&s->m, &cfg);
    s->o = overseer_new(&s->mesh, &names[ME], 1);
    step(s, &e);
    give(s, UM_STATEMENT, &g);
    r1 = s->revs[0];
    need(um_revision_seal(&r1, keys[OWNER], &b) == 0);
    give(s, UM_REVISION, &b);
    for (unsigned i = 1; i + 1 < KEYS; i++)
        say(s, OWNER,
            (struct um_statement){
                .what = UM_GRANT,
                .key = names[i],
                .roles = UM_NODE | UM_WRITER | (i == 4 ? UM_OWNER : 0U)});
}

static void make_rev(struct scene *s, const uint8_t *p)
{
    const struct um_revision *a = &s->revs[p[2] % s->revs_n],
                             *b = &s->revs[p[3] % s->revs_n];
    struct um_revision r = {.parents = {a->id, b->id},
                            .parents_n = a == b || p[1] < 160 ? 1 : 2,
                            .number = a->number + 1,
                            .wall_ms = T0 + s->now + (p[3] & 7) * 10000U,
                            .policy = (enum um_rev_policy)(p[1] % 4 % 3),
                            .by_machine = p[1] >= 208};

    if (s->revs_n == REVS)
        return;
    if (r.parents_n == 2 && b->number >= r.number)
        r.number = b->number + 1;
    if (r.policy != UM_IMMEDIATE) {
        r.deadline_ms = N_MS;
        r.first = (struct um_namelist){&names[p[3] % KEYS], 1};
    }
    add_rev(s, p[0] / 8 % KEYS, r);
}

static void make_fact(struct scene *s, const uint8_t *p)
{
    struct um_fact f = {.mesh = s->mesh,
                        .revision = s->revs[p[2] % s->revs_n].id,
                        .wall_ms = T0 + s->now,
                        .what = (enum um_fact_what)(p[1] % 3 + 1)};
    struct um_buf b = UM_BUF_INIT;

    if (f.what == UM_OPEN)
        f.nodes = (struct um_namelist){&names[p[3] % KEYS], 1};
    need(um_fact_seal(&f, keys[p[0] / 8 % KEYS], &b) == 0);
    give(s, UM_FACT, &b);
}

static void make_statement(struct scene *s, const uint8_t *p)
{
    struct um_statement st = {.what = UM_REVOKE, .key = names[p[2] % KEYS]};
    unsigned by = p[1] % 2 == 0 ? OWNER : 4;
    const struct um_revision *r = &s->revs[p[3] % s->revs_n];

    if (p[1] < 96) {
        st.what = UM_VOID;
        st.key = (struct um_name){{0}};
        st.ids = (struct um_namelist){&r->id, 1};
    } else if (p[1] < 240) {
        st.keep = (struct um_namelist){&r->id, 1};
    }
    say(s, by, st);
}

static void look(struct scene *s)
{
    struct um_event e = {.what = UM_EV_TICK};

    step(s, &e);
}

static void ask(struct scene *s, const uint8_t *p)
{
    const struct um_past *r =
        um_history_find(&s->m.history, &s->revs[p[2] % s->revs_n].id);
    unsigned long before = s->counts.granted;

    look(s);
    if (r == NULL)
        return; /* by a key that was never a writer */
    need(overseer_try(s->o, &s->m, r, T0 + s->now, true, &s->counts));
    if (s->counts.granted > before && p[1] % 4 > 0)
        overseer_ended(s->o, &r->rev.id,
                       p[1] % 4 > 1 ? UM_WARDEN_RUNS : UM_WARDEN_REFUSED);
}

static void happen(struct scene *s, const uint8_t *p)
{
    switch (p[0] % 8) {
        case 0:
        case 1:
            make_rev(s, p);
            break;
        case 2:
            make_fact(s, p);
            break;
        case 3:
            make_statement(s, p);
            break;
        case 4:
            s->now += p[1] * 256U + p[2];
            break;
        case 5:
            overseer_restart(s->o);
            break;
        default:
            ask(s, p);
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene s;

    make_keys();
    begin(&s);
    for (unsigned i = 0; size >= 4 && i < INPUT_MAX; i += 4) {
        happen(&s, data);
        data += 4;
        size -= 4;
    }
    overseer_free(s.o);
    um_model_fini(&s.m);
    um_effects_fini(&s.fx);
    return 0;
}
