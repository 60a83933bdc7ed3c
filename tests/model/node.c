/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * um_model_step() as a filter, for twin.py: the nodes of one world after
 * another, with real keys and items, each with a disk that is a list. Items
 * are named by numbers, as in the model; what a node makes is named by its id
 * until "alias" gives it a number. Lists are numbers with commas, or "-".
 *
 *     begin                                       a new world: the keys
 *     rev I AUTHOR NUMBER WALL POLICY N SOAK BUDGET AUTO FIRST PARENTS DOC
 *     fact I REV KIND BY WALL NODES
 *     genesis | grant I KEY ROLES | revoke I KEY KEEP
 *     alias r|f I ID
 *     start K DRIFT WALL MONO                     from what it stored
 *     give K WALL MONO r|f|o I
 *     row K WALL MONO BY SEQ CLOCK APPLIED HEALTHY READY BAD
 *     live K WALL MONO EFFECTIVE BLANK SHRINKS VALID OTHER
 *     made K WALL MONO REV EFFECTIVE|-            - : it is gone
 *     health K WALL MONO REV
 *     applied K WALL MONO REV OUTCOME
 *     merged K WALL MONO TARGET HEAD DOC|-
 *     do K WALL MONO VERB FLAGS BASE ABOUT DOC POLICY N SOAK BUDGET
 *     tick K WALL MONO
 *     state K
 *     prunable K REVS
 *
 * "rev", "fact", "begin", "applied", "merged", "do", "tick", "state" and
 * "prunable" are answered by a line, the others not.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mesh/model/model.h"
#include "overseer.h"
#include "p2p/err.h"

#define LINE_MAX_BYTES 65536
#define WORDS_MAX      20
#define KEYS_MAX       8
#define ITEMS_MAX      4096
#define STORED_MAX     16384
#define NONE           4095U

struct item {
    bool there;
    struct um_name id;
    struct um_buf envelope;
};

struct node {
    bool there;
    struct um_model m;
    struct um_model_cfg cfg;
    struct um_effects fx;
    struct um_record disk[STORED_MAX];
    struct um_buf bytes[STORED_MAX];
    size_t disk_n;
    uint64_t row_seq;
    struct overseer *overseer;
};

struct world {
    struct p2p_key *keys[KEYS_MAX];
    struct um_name names[KEYS_MAX];
    struct um_name mesh;
    struct item revs[ITEMS_MAX];
    unsigned revs_n; /* one more than the highest number */
    struct item facts[ITEMS_MAX];
    struct item ops[ITEMS_MAX];
    struct item genesis;
    struct node nodes[KEYS_MAX];
    struct overseer_counts counts;
};

static void die(const char *why)
{
    fprintf(stderr, "node: %s\n", why);
    exit(2);
}

static void must(int err)
{
    if (err != 0) {
        fprintf(stderr, "node: error %d\n", err);
        exit(2);
    }
}

static uint64_t num(const char *word)
{
    return strtoull(word, NULL, 10);
}

static size_t index_in(const char *word)
{
    uint64_t n = num(word);

    if (n >= ITEMS_MAX)
        die("too many items");
    return (size_t)n;
}

/* The name of a document, and of the configuration that it makes. */
static struct um_name doc(const char *word)
{
    struct um_name n = {{0}};
    uint64_t v = num(word);

    for (int i = 7; i >= 0; i--, v >>= 8)
        n.b[i] = (uint8_t)v;
    n.b[8] = 0xdc;
    return n;
}

static struct um_name rev_id(const struct world *w, const char *word)
{
    return *word == '-' ? (struct um_name){{0}} : w->revs[index_in(word)].id;
}

static size_t list(const struct world *w, char *word, bool keys,
                   struct um_name *out)
{
    char *at = word;
    size_t n = 0;

    while (*at != '-' && *at != 0) {
        uint64_t k = strtoull(at, &at, 10);

        if (n == UM__CAP_NAMES || k >= ITEMS_MAX)
            die("a list is too long");
        out[n++] = keys ? w->names[k] : w->revs[k].id;
        if (*at == ',')
            at++;
    }
    return n;
}

static size_t set(const struct world *w, char *word, bool keys,
                  struct um_name *out)
{
    return um_namelist_sort(out, list(w, word, keys, out));
}

static unsigned number_of(const struct world *w, const struct um_name *id)
{
    for (unsigned i = 0; i < w->revs_n; i++) {
        if (w->revs[i].there && um_name_eq(&w->revs[i].id, id))
            return i;
    }
    return NONE;
}

static unsigned key_of(const struct world *w, const struct um_name *name)
{
    unsigned i = 0;

    while (i < KEYS_MAX && !um_name_eq(&w->names[i], name))
        i++;
    return i;
}

static void print_id(const struct um_name *id)
{
    char text[UM_NAME_TEXT_MAX];

    printf(" %s", um_name_text(id, text));
}

static void print_rev(const struct world *w, const struct um_name *id)
{
    unsigned n = number_of(w, id);

    if (um_name_none(id))
        printf(" -");
    else if (n == NONE)
        printf(" ?");
    else
        printf(" %u", n);
}

static void print_keys(const struct world *w, struct um_namelist keys)
{
    bool in[KEYS_MAX] = {false};
    bool any = false;

    for (size_t i = 0; i < keys.n; i++)
        in[key_of(w, &keys.p[i])] = true;
    printf(" ");
    for (unsigned i = 0; i < KEYS_MAX; i++) {
        if (in[i])
            printf("%s%u", any ? "," : "", i);
        any = any || in[i];
    }
    printf("%s", any ? "" : "-");
}

static void free_item(struct item *it)
{
    um_buf_fini(&it->envelope);
    *it = (struct item){0};
}

static void stop(struct node *n)
{
    um_model_fini(&n->m);
    um_effects_fini(&n->fx);
    n->there = false;
}

static void on_begin(struct world *w, char **a)
{
    (void)a;
    for (unsigned i = 0; i < ITEMS_MAX; i++) {
        free_item(&w->revs[i]);
        free_item(&w->facts[i]);
        free_item(&w->ops[i]);
    }
    free_item(&w->genesis);
    w->revs_n = 0;
    for (unsigned i = 0; i < KEYS_MAX; i++) {
        struct node *n = &w->nodes[i];

        if (n->there)
            stop(n);
        while (n->disk_n > 0)
            um_buf_fini(&n->bytes[--n->disk_n]);
        n->row_seq = 0;
        overseer_free(n->overseer);
        n->overseer = NULL;
    }
    printf("keys");
    for (unsigned i = 0; i < KEYS_MAX; i++)
        print_id(&w->names[i]);
    puts("");
}

static void count_revs(struct world *w, const struct item *it)
{
    unsigned i = (unsigned)(it - w->revs);

    if (i >= w->revs_n)
        w->revs_n = i + 1;
}

static void on_rev(struct world *w, char **a)
{
    struct um_name first[UM__CAP_NAMES], parents[UM__CAP_NAMES];
    struct item *it = &w->revs[index_in(a[1])];
    struct um_revision r = {.mesh = w->mesh, .doc_bytes = 2};

    r.number = num(a[3]);
    r.wall_ms = num(a[4]);
    r.policy = (enum um_rev_policy)num(a[5]);
    r.deadline_ms = num(a[6]);
    r.soak_ms = num(a[7]);
    r.budget = (uint32_t)num(a[8]);
    r.by_machine = num(a[9]) != 0;
    r.first = (struct um_namelist){first, set(w, a[10], true, first)};
    r.parents_n = (uint8_t)list(w, a[11], false, parents);
    memcpy(r.parents, parents, r.parents_n * sizeof *parents);
    r.doc = doc(a[12]);
    if (r.parents_n == 0)
        r.mesh = (struct um_name){{0}};
    must(um_revision_seal(&r, w->keys[num(a[2])], &it->envelope));
    it->id = r.id;
    it->there = true;
    count_revs(w, it);
    printf("id");
    print_id(&r.id);
    puts("");
}

static void on_fact(struct world *w, char **a)
{
    struct um_name nodes[UM__CAP_NAMES];
    struct item *it = &w->facts[index_in(a[1])];
    struct um_fact f = {.mesh = w->mesh, .revision = rev_id(w, a[2])};

    f.what = a[3][0] == 'O' ? UM_OPEN : a[3][0] == 'C' ? UM_CONFIRM : UM_ABORT;
    f.wall_ms = num(a[5]);
    f.nodes = (struct um_namelist){nodes, set(w, a[6], true, nodes)};
    must(um_fact_seal(&f, w->keys[num(a[4])], &it->envelope));
    it->id = f.id;
    it->there = true;
    printf("id");
    print_id(&f.id);
    puts("");
}

static void on_statement(struct world *w, char **a)
{
    struct um_name keep[UM__CAP_NAMES];
    struct um_statement s = {.mesh = w->mesh, .wall_ms = 1};
    struct item *it = &w->genesis;

    if (strcmp(a[0], "genesis") == 0) {
        s.what = UM_GENESIS;
        s.roles = UM_ROLES_ALL;
        s.nonce[0] = 1;
        s.first = w->revs[0].id;
        s.mesh = (struct um_name){{0}};
    } else {
        it = &w->ops[index_in(a[1])];
        s.what = a[0][0] == 'g' ? UM_GRANT : UM_REVOKE;
        s.wall_ms += index_in(a[1]);
        s.key = w->names[num(a[2])];
        if (s.what == UM_GRANT)
            s.roles = (uint8_t)num(a[3]);
        else
            s.keep = (struct um_namelist){keep, set(w, a[3], false, keep)};
    }
    must(um_statement_seal(&s, w->keys[0], &it->envelope));
    it->id = s.id;
    it->there = true;
    if (s.what == UM_GENESIS)
        w->mesh = s.id;
}

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* What a node made gets its number; its envelope is on the node's disk. */
static void on_alias(struct world *w, char **a)
{
    struct item *it = &(*a[1] == 'r' ? w->revs : w->facts)[index_in(a[2])];

    for (unsigned i = 0; i < UM_NAME_BYTES; i++)
        it->id.b[i] = (uint8_t)(hex(a[3][2 * i]) << 4 | hex(a[3][2 * i + 1]));
    for (unsigned k = 0; k < KEYS_MAX && !it->there; k++) {
        const struct node *n = &w->nodes[k];

        for (size_t i = n->disk_n; i > 0 && !it->there; i--) {
            if (n->disk[i - 1].what != UM_RECORD_ITEM ||
                !um_name_eq(&n->disk[i - 1].id, &it->id))
                continue;
            um_buf_str(&it->envelope, n->disk[i - 1].bytes);
            it->there = true;
        }
    }
    if (!it->there)
        die("an alias of nothing");
    if (*a[1] == 'r')
        count_revs(w, it);
}

static void store(struct node *n, const struct um_record *s)
{
    struct um_buf *bytes = &n->bytes[n->disk_n];

    if (n->disk_n == STORED_MAX)
        die("a disk is full");
    *bytes = (struct um_buf)UM_BUF_INIT;
    um_buf_str(bytes, s->bytes);
    n->disk[n->disk_n] = *s;
    n->disk[n->disk_n++].bytes = um_buf_view(bytes);
    if (s->what == UM_RECORD_ITEM)
        overseer_item(n->overseer, s->kind, &s->id, s->bytes);
}

static void print_made_rev(const struct world *w, struct um_str envelope)
{
    struct um_revision r;

    must(um_revision_open(envelope, &r));
    printf(" | rev");
    print_id(&r.id);
    printf(" %llu %llu %d %llu %llu %u %d", (unsigned long long)r.number,
           (unsigned long long)r.wall_ms, (int)r.policy,
           (unsigned long long)r.deadline_ms, (unsigned long long)r.soak_ms,
           r.budget, (int)r.by_machine);
    print_keys(w, r.first);
    for (unsigned i = 0; i < r.parents_n; i++)
        print_rev(w, &r.parents[i]);
}

static void print_made_fact(const struct world *w, struct um_str envelope)
{
    struct um_fact f;

    must(um_fact_open(envelope, &f));
    printf(" | fact");
    print_id(&f.id);
    printf(" %s", f.what == UM_OPEN      ? "OPEN"
                  : f.what == UM_CONFIRM ? "CONFIRM"
                                         : "ABORT");
    print_rev(w, &f.revision);
    print_keys(w, f.nodes);
}

/* What of a step's effects the model has too. */
static void print_effect(struct world *w, struct node *n,
                         const struct um_effect *e)
{
    switch (e->what) {
        case UM_FX_PERSIST:
            store(n, &e->u.persist);
            break;
        case UM_FX_PUBLISH:
            if (e->u.publish.kind == UM_REVISION)
                print_made_rev(w, e->u.publish.envelope);
            else
                print_made_fact(w, e->u.publish.envelope);
            break;
        case UM_FX_APPLY:
            if (!overseer_order(n->overseer, &n->m, &e->u.apply.revision,
                                n->m.wall_ms, &w->counts))
                die("the warden errs");
            printf(" | apply");
            print_rev(w, &e->u.apply.revision);
            break;
        case UM_FX_MERGE:
            printf(" | merge");
            print_rev(w, &e->u.merge.target);
            print_rev(w, &e->u.merge.head);
            break;
        case UM_FX_REPLY:
            printf(" | reply %d", (int)e->u.reply.answer);
            break;
        case UM_FX_ROW:
            if (e->u.row.seq <= n->row_seq)
                printf(" | row-again");
            n->row_seq = e->u.row.seq;
            break;
        default:
            break;
    }
}

static struct node *node_at(struct world *w, char **a, struct um_event *e)
{
    uint64_t k = num(a[1]);

    if (k >= KEYS_MAX)
        die("no such node");
    e->wall_ms = num(a[2]);
    e->mono_ms = num(a[3]);
    return &w->nodes[k];
}

static void step(struct world *w, struct node *n, struct um_event *e, bool say)
{
    must(um_model_step(&n->m, e, &n->fx));
    if (say)
        printf("did");
    for (size_t i = 0; i < n->fx.n; i++) {
        const struct um_effect *x = &n->fx.list[i];

        if (say || x->what == UM_FX_PERSIST)
            print_effect(w, n, x);
        if (x->after > n->m.seq)
            die("an effect waits for what was never said");
    }
    if (say)
        puts("");
}

static void load(struct node *n, const struct um_record *s,
                 const struct um_event *at)
{
    struct um_event e = *at;

    e.what = UM_EV_LOADED;
    e.u.loaded = *s;
    must(um_model_step(&n->m, &e, &n->fx));
}

static void on_start(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_STARTED};
    char *at[] = {a[0], a[1], a[3], a[4]};
    struct node *n = node_at(w, at, &e);
    struct um_model_cfg *c = &n->cfg;

    if (n->there)
        stop(n);
    um_model_defaults(c);
    c->mesh = w->mesh;
    c->me = w->names[num(a[1])];
    c->signer = um_signer_of(w->keys[num(a[1])]);
    c->drift = (enum um_drift_policy)num(a[2]);
    c->fresh_ms = 24000;
    c->near_ms = 54000;
    c->retry_min_ms = c->retry_max_ms = 1;
    c->soak_ms = 8000;
    c->deadline_ms = 90000;
    um_model_init(&n->m, c);
    n->there = true;
    if (n->overseer == NULL)
        n->overseer = overseer_new(&w->mesh, &c->me, num(a[1]) + 1);
    else
        overseer_restart(n->overseer);
    if (n->disk_n == 0) {
        struct um_record s = {.what = UM_RECORD_ITEM, .kind = UM_STATEMENT};

        s.id = w->genesis.id;
        s.bytes = um_buf_view(&w->genesis.envelope);
        store(n, &s);
    }
    for (size_t i = 0; i < n->disk_n; i++)
        load(n, &n->disk[i], &e);
    step(w, n, &e, false);
}

static void on_give(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_ITEMS};
    struct node *n = node_at(w, a, &e);
    const struct item *set_of = *a[4] == 'r'   ? w->revs
                                : *a[4] == 'f' ? w->facts
                                               : w->ops;
    struct um_arrival one = {*a[4] == 'r'   ? UM_REVISION
                             : *a[4] == 'f' ? UM_FACT
                                            : UM_STATEMENT,
                             um_buf_view(&set_of[index_in(a[5])].envelope)};

    if (!set_of[index_in(a[5])].there)
        die("an item that is not there");
    e.u.items.list = &one;
    e.u.items.n = 1;
    step(w, n, &e, false);
}

static void on_row(struct world *w, char **a)
{
    struct um_name bad[UM__CAP_NAMES];
    struct um_event e = {.what = UM_EV_ITEMS};
    struct node *n = node_at(w, a, &e);
    struct um_buf envelope = UM_BUF_INIT;
    struct um_row row = {.mesh = w->mesh};
    struct um_arrival one = {.kind = UM_ROW};

    row.seq = num(a[5]);
    row.wall_ms = num(a[6]);
    row.applied = rev_id(w, a[7]);
    row.healthy_ms = num(a[8]);
    row.ready = num(a[9]) != 0;
    row.bad = (struct um_namelist){bad, list(w, a[10], false, bad)};
    must(um_row_seal(&row, w->keys[num(a[4])], &envelope));
    one.envelope = um_buf_view(&envelope);
    e.u.items.list = &one;
    e.u.items.n = 1;
    step(w, n, &e, false);
    um_buf_fini(&envelope);
}

static void on_live(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_LIVE};
    struct node *n = node_at(w, a, &e);

    e.u.live.effective = doc(a[4]);
    e.u.live.blank = num(a[5]) != 0;
    e.u.live.shrinks = num(a[6]) != 0;
    e.u.live.other_unit = num(a[8]) != 0;
    if (num(a[7]) != 0) {
        e.u.live.doc = doc(a[4]);
        e.u.live.doc_bytes = 2;
    }
    step(w, n, &e, false);
}

static void on_made(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_MADE};
    struct node *n = node_at(w, a, &e);

    e.u.made.revision = rev_id(w, a[4]);
    e.u.made.effective = doc(a[5]);
    e.u.made.outcome = *a[5] == '-' ? UM_RESULT_NO_ANSWER : UM_RESULT_DONE;
    step(w, n, &e, false);
}

static void on_health(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_HEALTH};
    struct node *n = node_at(w, a, &e);

    e.u.health.revision = rev_id(w, a[4]);
    step(w, n, &e, false);
}

static void on_applied(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_APPLIED};
    struct node *n = node_at(w, a, &e);

    e.u.applied.revision = rev_id(w, a[4]);
    e.u.applied.effective = n->m.own.trying_effective;
    e.u.applied.outcome = (enum um_result)num(a[5]);
    overseer_ended(n->overseer, &e.u.applied.revision,
                   e.u.applied.outcome == UM_RESULT_DONE ? UM_WARDEN_RUNS
                   : e.u.applied.outcome == UM_RESULT_REFUSED
                       ? UM_WARDEN_REFUSED
                       : UM_WARDEN_UNKNOWN);
    step(w, n, &e, true);
}

static void on_merged(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_MERGED};
    struct node *n = node_at(w, a, &e);

    e.u.merged.target = rev_id(w, a[4]);
    e.u.merged.head = rev_id(w, a[5]);
    e.u.merged.outcome = *a[6] == '-' ? UM_RESULT_REFUSED : UM_RESULT_DONE;
    e.u.merged.doc = doc(a[6]);
    e.u.merged.doc_bytes = 2;
    step(w, n, &e, true);
}

static void on_do(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_COMMAND};
    struct node *n = node_at(w, a, &e);
    struct um_command *c = &e.u.command;

    c->verb = (enum um_verb)num(a[4]);
    c->flags = (unsigned)num(a[5]);
    c->base = rev_id(w, a[6]);
    c->about = rev_id(w, a[7]);
    c->doc = doc(a[8]);
    c->doc_bytes = 2;
    c->policy = (enum um_rev_policy)num(a[9]);
    c->deadline_ms = num(a[10]);
    c->soak_ms = num(a[11]);
    c->budget = (uint32_t)num(a[12]);
    step(w, n, &e, true);
}

static void on_tick(struct world *w, char **a)
{
    struct um_event e = {.what = UM_EV_TICK};
    struct node *n = node_at(w, a, &e);

    step(w, n, &e, true);
}

static void print_attempts(const struct world *w, const struct um_own *own,
                           enum um_bad why)
{
    bool in[ITEMS_MAX] = {false};

    for (size_t i = 0; i < own->bad_n; i++) {
        if (own->bad[i].why == why)
            in[number_of(w, &own->bad[i].revision)] = true;
    }
    for (unsigned i = 0; i < ITEMS_MAX; i++) {
        if (in[i])
            printf(" %u", i);
    }
}

/* What a node knows, and sees. */
static void on_state(struct world *w, char **a)
{
    struct node *n = &w->nodes[num(a[1])];
    const struct um_past *d =
        um_view_desired(&n->m.view, &n->m.history, &n->m.roster, &n->cfg.me);

    printf("sets %zu %zu %zu heads", n->m.history.revs_n, n->m.history.facts_n,
           um_roster_count(&n->m.roster) - 1);
    for (size_t i = 0; i < n->m.view.heads_n; i++)
        print_rev(w, &um_history_at(&n->m.history, n->m.view.heads[i])->rev.id);
    printf(" desired");
    print_rev(w, d == NULL ? &(struct um_name){{0}} : &d->rev.id);
    printf(" applied");
    print_rev(w, &n->m.own.applied);
    printf(" good");
    for (size_t i = 0; i < n->m.own.good_n; i++)
        print_rev(w, &n->m.own.good[i]);
    printf(" refused");
    print_attempts(w, &n->m.own, UM_BAD_REFUSED);
    printf(" failed");
    print_attempts(w, &n->m.own, UM_BAD_UNHEALTHY);
    printf(" healthy %s%llu", n->m.healthy ? "" : "no ",
           (unsigned long long)n->m.healthy_ms);
    puts("");
}

static void on_prunable(struct world *w, char **a)
{
    struct node *n = &w->nodes[num(a[1])];
    struct um_name ids[UM__CAP_NAMES];
    size_t k = list(w, a[2], false, ids);

    printf("prunable");
    for (size_t i = 0; i < k; i++) {
        const struct um_past *p = um_history_find(&n->m.history, &ids[i]);

        if (p != NULL && um_model_prunable(&n->m, p))
            print_rev(w, &ids[i]);
    }
    puts("");
}

static const struct {
    const char *word;
    size_t words;
    void (*run)(struct world *w, char **a);
} verbs[] = {
    {"begin", 1, on_begin},       {"rev", 13, on_rev},
    {"fact", 7, on_fact},         {"genesis", 1, on_statement},
    {"grant", 4, on_statement},   {"revoke", 4, on_statement},
    {"alias", 4, on_alias},       {"start", 5, on_start},
    {"give", 6, on_give},         {"row", 11, on_row},
    {"live", 9, on_live},         {"made", 6, on_made},
    {"health", 5, on_health},     {"applied", 6, on_applied},
    {"merged", 7, on_merged},     {"do", 13, on_do},
    {"tick", 4, on_tick},         {"state", 2, on_state},
    {"prunable", 3, on_prunable},
};

static void on_line(struct world *w, char *line)
{
    char *a[WORDS_MAX], *save = NULL;
    size_t n = 0;

    for (char *t = strtok_r(line, " \n", &save); t != NULL && n < WORDS_MAX;
         t = strtok_r(NULL, " \n", &save))
        a[n++] = t;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (n == verbs[i].words && strcmp(a[0], verbs[i].word) == 0) {
            verbs[i].run(w, a);
            return;
        }
    }
    die("a line that is none");
}

int main(void)
{
    static struct world w;
    static char line[LINE_MAX_BYTES];
    char *begin[1] = {line};

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned i = 0; i < KEYS_MAX; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1)};

        must(p2p_key_from_seed(seed, &w.keys[i]));
        must(um_item_signer(w.keys[i], &w.names[i]));
    }
    while (fgets(line, sizeof line, stdin) != NULL)
        on_line(&w, line);
    fprintf(stderr,
            "wardens: %lu orders granted; of others %lu granted, %lu refused, "
            "%lu of them with less than all evidence too; %lu passed over\n",
            w.counts.orders, w.counts.granted, w.counts.refused,
            w.counts.partial, w.counts.unsure);
    on_begin(&w, begin);
    for (unsigned i = 0; i < KEYS_MAX; i++)
        p2p_key_free(w.keys[i]);
    return 0;
}
