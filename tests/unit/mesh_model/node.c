/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See node.h. */
#include "node.h"

#include <assert.h>
#include <stdlib.h>

#include "p2p/err.h"
#include "p2p/hash.h"

#define ROUNDS_MAX 20

struct um_name name_of(unsigned n)
{
    struct um_name name = {{0}};

    name.b[0] = 0xd0;
    name.b[1] = (uint8_t)(n >> 8);
    name.b[2] = (uint8_t)n;
    return name;
}

/* What must be so, also without asserts. */
static void must(int err)
{
    if (err != 0)
        abort();
}

static struct thing *next_thing(struct mesh *g, enum um_kind kind)
{
    struct thing *t = &g->things[g->things_n++];

    if (g->things_n > THINGS_MAX)
        abort();
    *t = (struct thing){.kind = kind};
    return t;
}

const struct um_name *mesh_id(const struct mesh *g, size_t thing)
{
    return &g->things[thing].id;
}

size_t mesh_rev(struct mesh *g, unsigned by, struct um_revision r)
{
    struct thing *t = next_thing(g, UM_REVISION);

    if (r.parents_n > 0)
        r.mesh = g->mesh;
    if (r.wall_ms == 0)
        r.wall_ms = T0 + g->things_n;
    if (r.doc_bytes == 0)
        r.doc_bytes = 2;
    must(um_revision_seal(&r, g->keys[by], &t->envelope));
    t->id = r.id;
    return g->things_n - 1;
}

size_t mesh_edit(struct mesh *g, unsigned by, const struct um_name *parent,
                 uint64_t number, unsigned doc)
{
    struct um_revision r = {.parents = {*parent},
                            .parents_n = 1,
                            .number = number,
                            .doc = name_of(doc)};

    return mesh_rev(g, by, r);
}

size_t mesh_fact(struct mesh *g, unsigned by, enum um_fact_what what,
                 const struct um_name *rev, uint64_t wall)
{
    struct thing *t = next_thing(g, UM_FACT);
    struct um_fact f = {
        .mesh = g->mesh, .revision = *rev, .wall_ms = wall, .what = what};

    if (what == UM_OPEN)
        f.nodes = (struct um_namelist){&g->names[by], 1};
    must(um_fact_seal(&f, g->keys[by], &t->envelope));
    t->id = f.id;
    return g->things_n - 1;
}

size_t mesh_say(struct mesh *g, unsigned by, struct um_statement s)
{
    struct thing *t = next_thing(g, UM_STATEMENT);

    if (s.what != UM_GENESIS)
        s.mesh = g->mesh;
    if (s.wall_ms == 0)
        s.wall_ms = T0 + g->things_n;
    must(um_statement_seal(&s, g->keys[by], &t->envelope));
    t->id = s.id;
    return g->things_n - 1;
}

size_t mesh_row(struct mesh *g, unsigned by, struct um_row row)
{
    struct thing *t = next_thing(g, UM_ROW);

    row.mesh = g->mesh;
    must(um_row_seal(&row, g->keys[by], &t->envelope));
    t->id = (struct um_name){{0}};
    return g->things_n - 1;
}

static void make_keys(struct mesh *g)
{
    for (unsigned i = 0; i < KEYS_MAX; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1)};

        must(p2p_key_from_seed(seed, &g->keys[i]));
        must(um_item_signer(g->keys[i], &g->names[i]));
    }
}

void mesh_init(struct mesh *g, unsigned writers, unsigned nodes)
{
    struct um_statement s = {.what = UM_GENESIS, .roles = UM_ROLES_ALL};
    struct um_revision r1 = {.number = 1, .wall_ms = T0, .doc = name_of(1)};
    size_t first;

    memset(g, 0, sizeof *g);
    make_keys(g);
    first = mesh_rev(g, 0, r1);
    g->r1 = *mesh_id(g, first);
    s.first = g->r1;
    s.nonce[0] = 1;
    g->mesh = *mesh_id(g, mesh_say(g, 0, s));
    for (unsigned i = 1; i <= writers + nodes; i++) {
        s = (struct um_statement){.what = UM_GRANT, .key = g->names[i]};
        s.roles = i <= writers ? UM_WRITER | UM_NODE : UM_NODE;
        (void)mesh_say(g, 0, s);
    }
    g->base_n = g->things_n;
}

void mesh_fini(struct mesh *g)
{
    for (size_t i = 0; i < g->things_n; i++)
        um_buf_fini(&g->things[i].envelope);
    for (unsigned i = 0; i < KEYS_MAX; i++)
        p2p_key_free(g->keys[i]);
}

static void log_name(struct um_buf *log, const struct um_name *n)
{
    char text[UM_NAME_TEXT_MAX];

    um_buf_fmt(log, " %.10s", um_name_text(n, text));
}

static void log_bytes(struct um_buf *log, struct um_str bytes)
{
    struct um_name hash;

    p2p_sha256(bytes.p, bytes.len, hash.b);
    um_buf_fmt(log, " %zu", bytes.len);
    log_name(log, &hash);
}

/* What an effect says besides its kind. */
static void log_rest(struct um_buf *log, const struct um_effect *e)
{
    switch (e->what) {
        case UM_FX_PERSIST:
            um_buf_fmt(log, " %d %d %llu", (int)e->u.persist.what,
                       (int)e->u.persist.kind,
                       (unsigned long long)e->u.persist.seen_ms);
            log_name(log, &e->u.persist.id);
            log_bytes(log, e->u.persist.bytes);
            break;
        case UM_FX_PUBLISH:
            log_name(log, &e->u.publish.id);
            log_bytes(log, e->u.publish.envelope);
            break;
        case UM_FX_WANT:
            um_buf_fmt(log, " %d", (int)e->u.want.need.what);
            log_name(log, &e->u.want.need.name);
            log_name(log, &e->u.want.from);
            break;
        case UM_FX_MAKE:
            log_name(log, &e->u.make.revision);
            log_name(log, &e->u.make.doc);
            break;
        case UM_FX_APPLY:
            log_name(log, &e->u.apply.revision);
            log_name(log, &e->u.apply.effective);
            break;
        case UM_FX_MERGE:
            log_name(log, &e->u.merge.target);
            log_name(log, &e->u.merge.head);
            for (unsigned i = 0; i < 3; i++)
                log_name(log, &e->u.merge.docs[i]);
            break;
        case UM_FX_KEEP:
            log_name(log, &e->u.keep.live);
            log_name(log, &e->u.keep.revision);
            break;
        case UM_FX_ROW:
            log_bytes(log, e->u.row.envelope);
            break;
        case UM_FX_REPLY:
            um_buf_fmt(log, " %d", (int)e->u.reply.answer);
            log_name(log, &e->u.reply.revision);
            break;
        case UM_FX_NOTICE:
            um_buf_fmt(log, " %d", (int)e->u.notice.what);
            log_name(log, &e->u.notice.revision);
            break;
    }
}

static void log_effect(struct um_buf *log, const struct um_effect *e)
{
    um_buf_fmt(log, "%d after %llu seq %llu", (int)e->what,
               (unsigned long long)e->after, (unsigned long long)e->seq);
    log_rest(log, e);
    um_buf_byte(log, '\n');
}

static void store(struct node *n, const struct um_record *s)
{
    struct um_record *to = &n->disk[n->disk_n];
    struct um_buf *bytes = &n->bytes[n->disk_n++];

    if (n->disk_n > STORED_MAX)
        abort();
    *bytes = (struct um_buf)UM_BUF_INIT;
    um_buf_str(bytes, s->bytes);
    *to = *s;
    to->bytes = um_buf_view(bytes);
}

int node_step(struct node *n, struct um_event *e)
{
    int err;

    e->wall_ms = n->wall;
    e->mono_ms = n->mono;
    err = um_model_step(&n->m, e, &n->fx);
    for (size_t i = 0; i < n->fx.n && err == 0; i++) {
        const struct um_effect *x = &n->fx.list[i];

        if (!n->quiet)
            log_effect(&n->log, x);
        if (x->what == UM_FX_PERSIST)
            store(n, &x->u.persist);
        n->keeps += x->what == UM_FX_KEEP;
        n->makes += x->what == UM_FX_MAKE;
        n->applies += x->what == UM_FX_APPLY;
        n->rows += x->what == UM_FX_ROW;
    }
    return err;
}

static void begin(struct node *n)
{
    struct um_event e = {.what = UM_EV_STARTED};

    um_model_init(&n->m, &n->cfg);
    for (size_t i = 0; i < n->disk_n; i++) {
        struct um_event l = {.what = UM_EV_LOADED, .u.loaded = n->disk[i]};

        l.wall_ms = n->wall;
        l.mono_ms = n->mono;
        must(um_model_step(&n->m, &l, &n->fx));
    }
    must(node_step(n, &e));
}

void node_init(struct node *n, struct mesh *g, unsigned who)
{
    memset(n, 0, sizeof *n);
    n->mesh = g;
    um_model_defaults(&n->cfg);
    n->cfg.row_lag_ms = 0; /* rows are seen where they come to be */
    n->cfg.mesh = g->mesh;
    n->cfg.me = g->names[who];
    n->cfg.signer = um_signer_of(g->keys[who]);
    n->cfg.salt[0] = 99;
    n->wall = T0 + 1000;
    n->mono = 1000;
    n->live = name_of(0);
    for (size_t i = 0; i < g->base_n; i++) {
        /* r1 is the first thing, and waits for the genesis. */
        const struct thing *t = &g->things[i == 0 ? 1 : i == 1 ? 0 : i];
        struct um_record s = {.what = UM_RECORD_ITEM,
                              .kind = t->kind,
                              .id = t->id,
                              .bytes = um_buf_view(&t->envelope),
                              .seen_ms = n->wall};

        store(n, &s);
    }
    begin(n);
    node_live(n, n->live);
}

void node_fini(struct node *n)
{
    um_model_fini(&n->m);
    um_effects_fini(&n->fx);
    um_buf_fini(&n->log);
    for (size_t i = 0; i < n->disk_n; i++)
        um_buf_fini(&n->bytes[i]);
}

void node_restart(struct node *n, size_t stored)
{
    um_model_fini(&n->m);
    while (n->disk_n > stored)
        um_buf_fini(&n->bytes[--n->disk_n]);
    n->mono = 1000;
    begin(n);
    node_live(n, n->live);
}

void node_give(struct node *n, size_t from, size_t to)
{
    struct um_arrival list[THINGS_MAX];
    struct um_event e = {.what = UM_EV_ITEMS};

    for (size_t i = from; i < to; i++)
        list[i - from] = (struct um_arrival){
            n->mesh->things[i].kind, um_buf_view(&n->mesh->things[i].envelope)};
    e.u.items.from = n->mesh->names[KEYS_MAX - 1];
    e.u.items.list = list;
    e.u.items.n = to - from;
    must(node_step(n, &e));
}

void node_live(struct node *n, struct um_name effective)
{
    struct um_event e = {.what = UM_EV_LIVE,
                         .u.live = {.effective = effective}};

    n->live = effective;
    must(node_step(n, &e));
}

void node_tick(struct node *n, uint64_t ms)
{
    struct um_event e = {.what = UM_EV_TICK};

    n->wall += ms;
    n->mono += ms;
    must(node_step(n, &e));
}

/* Does what the last step wants of documents and Unit; whether anything. */
static bool carry_out(struct node *n)
{
    struct um_effect list[64];
    size_t k = 0;

    for (size_t i = 0; i < n->fx.n; i++) {
        if (n->fx.list[i].what == UM_FX_MAKE ||
            n->fx.list[i].what == UM_FX_APPLY)
            list[k++] = n->fx.list[i];
    }
    for (size_t i = 0; i < k; i++) {
        struct um_event e = {.what = UM_EV_MADE};

        if (list[i].what == UM_FX_MAKE) {
            e.u.made.revision = list[i].u.make.revision;
            e.u.made.effective = list[i].u.make.doc;
        } else {
            e.what = UM_EV_APPLIED;
            e.u.applied.outcome = n->unit;
            e.u.applied.revision = list[i].u.apply.revision;
            e.u.applied.effective = list[i].u.apply.effective;
            if (n->unit == UM_RESULT_DONE)
                n->live = list[i].u.apply.effective;
        }
        must(node_step(n, &e));
    }
    return k > 0;
}

void node_settle(struct node *n, uint64_t ms)
{
    node_tick(n, ms);
    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        if (!carry_out(n) && n->fx.next_ms > n->mono)
            return;
        node_tick(n, 0);
    }
    abort(); /* it never comes to rest */
}

enum um_reply node_do(struct node *n, struct um_command c)
{
    struct um_event e = {.what = UM_EV_COMMAND, .u.command = c};
    const struct um_effect *x;

    if (c.doc_bytes == 0)
        e.u.command.doc_bytes = 2;
    must(node_step(n, &e));
    x = node_effect(n, UM_FX_REPLY);
    assert(x != NULL && x->u.reply.request == c.request);
    n->reply = x->u.reply.revision;
    return x->u.reply.answer;
}

const struct um_effect *node_effect(const struct node *n,
                                    enum um_effect_what what)
{
    for (size_t i = 0; i < n->fx.n; i++) {
        if (n->fx.list[i].what == what)
            return &n->fx.list[i];
    }
    return NULL;
}

size_t node_effects(const struct node *n, enum um_effect_what what)
{
    size_t k = 0;

    for (size_t i = 0; i < n->fx.n; i++)
        k += n->fx.list[i].what == what;
    return k;
}

bool node_told(const struct node *n, enum um_notice what)
{
    for (size_t i = 0; i < n->fx.n; i++) {
        if (n->fx.list[i].what == UM_FX_NOTICE &&
            n->fx.list[i].u.notice.what == what)
            return true;
    }
    return false;
}

const struct um_name *node_applied(const struct node *n)
{
    return &n->m.own.applied;
}

const struct um_name *node_target(const struct node *n)
{
    const struct um_past *t = um_view_target(&n->m.view, &n->m.history);

    return t == NULL ? &n->mesh->r1 : &t->rev.id;
}

void node_hear(struct node *n, unsigned who, const struct um_name *applied,
               uint64_t healthy_ms, const struct um_name *bad)
{
    struct um_row row = {.seq = n->wall * 8 + ++n->heard,
                         .wall_ms = n->wall,
                         .applied = *applied,
                         .healthy_ms = healthy_ms,
                         .ready = true};
    size_t i;

    if (bad != NULL)
        row.bad = (struct um_namelist){bad, 1};
    i = mesh_row(n->mesh, who, row);
    node_give(n, i, i + 1);
    um_buf_fini(&n->mesh->things[i].envelope);
    n->mesh->things_n--;
}
