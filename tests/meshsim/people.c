/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See people.h. */
#include "people.h"

#include <stdlib.h>
#include <string.h>

#include "hostile.h"
#include "mesh/base/pb.h"
#include "mesh/node/founder.h"
#include "mesh/node/papers.h"
#include "mesh/store/items.h"
#include "p2p/err.h"
#include "p2p/key.h"
#include "stranger.h"
#include "text.h"

/* A person who waits for an answer. */
struct wish {
    struct member *at;
    unsigned run;
    enum um_verb verb;
    struct um_name statement; /* or a statement that was brought */
    struct member *let_in;    /* and whom it lets in; or NULL */
    uint64_t in_ms;           /* when that one begins */
};

static void make_key(struct world *w, struct p2p_key **out)
{
    uint8_t seed[32];

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)world_dice(w, 256);
    must(p2p_key_from_seed(seed, out) == 0, "a key");
}

void people_promised(struct world *w, struct promise p)
{
    struct people *all = w->people;

    if (all->promises_n == all->promises_cap) {
        all->promises_cap = 2 * all->promises_cap + 64;
        all->promises =
            realloc(all->promises, all->promises_cap * sizeof *all->promises);
        must(all->promises != NULL, "memory");
    }
    all->promises[all->promises_n++] = p;
}

void people_sign(struct world *w, struct um_statement s, struct um_buf *out,
                 struct um_name *id)
{
    s.mesh = w->mesh;
    s.wall_ms = WORLD_T0 + w->now;
    must(um_statement_seal(&s, w->people->owner, out) == 0, "a statement");
    *id = s.id;
}

/* ---- the mesh begins */

static void draw_clock(struct member *m)
{
    struct world *w = m->w;

    if (w->plan.skew && world_chance(w, 150))
        m->skew_ms = (int64_t)world_dice(w, 600000000) - 300000000;
    else
        m->skew_ms = (int64_t)world_dice(w, 4000) - 2000;
}

/* The statements in the founder's store, which are the first items there: the
 * genesis and its own GRANT, for who is let in by it. */
static void keep_statements(struct world *w, struct um_store *s)
{
    struct um_stored item = {0};

    while (um_items_next(s, item.place, &item) == 1 &&
           item.kind == UM_STATEMENT)
        um_pb_put_str(&w->people->welcome, 1, item.envelope);
    must(w->people->welcome.len > 0, "the genesis");
}

static void found(struct world *w, struct member *m, struct um_store *s)
{
    const struct people *p = w->people;
    struct text first = {.code = {200}};
    struct um_buf document = UM_BUF_INIT;

    text_write(&first, &document);
    must(um_store_open(s, m->path, UM_STORE_EXISTING) == 0, "a store");
    must(um_founder_begin(
             s,
             &(struct um_founder_plan){.key = m->key,
                                       .owner = p->owner,
                                       .recovery = p->recovery,
                                       .document = um_buf_view(&document),
                                       .wall_ms = member_wall_ms(m)},
             &w->mesh) == 0,
         "a mesh");
    keep_statements(w, s);
    um_buf_fini(&document);
}

static void sign_grant(struct world *w, const struct member *m,
                       struct um_buf *out, struct um_name *id)
{
    const struct um_statement grant = {
        .what = UM_GRANT,
        .key = m->name,
        .roles = (uint8_t)(m->writes ? UM_WRITER | UM_NODE : UM_NODE)};

    people_sign(w, grant, out, id);
}

/* Keeps a place in the store of who is let in with these statements. */
static void keep_place(struct member *m, struct um_str statements)
{
    struct um_store s;

    must(um_store_open(&s, m->path, UM_STORE_EXISTING) == 0, "a store");
    must(um_founder_join(
             &s, &(struct um_founder_place){.mesh = m->w->mesh,
                                            .statements = statements,
                                            .wall_ms = member_wall_ms(m)}) == 0,
         "a place");
    um_store_close(&s);
}

static void begin_it(void *arg);

/* A member that was let in before the world began. */
static void add_early(struct world *w, struct um_store *founders)
{
    struct member *m = member_new(w);
    struct um_buf envelope = UM_BUF_INIT;
    struct um_stored item = {.kind = UM_STATEMENT, .seen_ms = WORLD_T0};

    m->writes = m->index < 3 || world_chance(w, 600);
    m->let_in = true;
    sign_grant(w, m, &envelope, &item.id);
    item.envelope = um_buf_view(&envelope);
    must(um_items_add(founders, &item) == 0, "a grant");
    um_pb_put_str(&w->people->welcome, 1, item.envelope);
    people_promised(w, (struct promise){.id = item.id, .statement = true});
    um_buf_fini(&envelope);
}

/* All of these have the same store. */
static void begin_early(struct world *w)
{
    for (size_t i = 1; i < w->n; i++) {
        struct member *m = w->members[i];

        disk_init(&m->disk, m,
                  i > 1 ? disk_store(&w->members[1]->disk) : w->people->store);
        if (i == 1)
            keep_place(m, um_buf_view(&w->people->welcome));
        draw_clock(m);
        net_add(w, m);
    }
    for (size_t i = 1; i < w->n; i++)
        (void)world_at(w, world_dice(w, 5000), NULL, begin_it, w->members[i]);
}

void people_begin(struct world *w, const struct image *empty_store,
                  unsigned others)
{
    struct people *p = must_alloc(sizeof *p);
    struct member *m;
    struct um_store s;

    w->people = p;
    p->store = empty_store;
    make_key(w, &p->owner);
    make_key(w, &p->recovery);
    must(um_item_signer(p->owner, &p->owner_name) == 0, "a name");
    m = member_new(w);
    disk_init(&m->disk, m, empty_store);
    m->writes = m->let_in = true;
    m->owner = p->owner;
    found(w, m, &s);
    net_add(w, m);
    for (unsigned i = 0; i < others; i++)
        add_early(w, &s);
    um_store_close(&s);
    begin_early(w);
    member_start(m);
}

void people_fini(struct world *w)
{
    struct people *p = w->people;

    p2p_key_free(p->owner);
    p2p_key_free(p->recovery);
    um_buf_fini(&p->welcome);
    free(p->promises);
    free(p);
}

/* ---- what the owner says */

static void begin_it(void *arg)
{
    struct member *m = arg;

    if (m->hostile)
        hostile_begin(m);
    else
        member_start(m);
}

static void taken(void *user, int err)
{
    struct wish *wish = user;
    struct world *w = wish->at->w;

    if (err == 0)
        people_promised(w, (struct promise){.id = wish->statement,
                                            .member = wish->at->index,
                                            .statement = true});
    if (err == 0 && wish->let_in != NULL) {
        wish->let_in->let_in = true;
        (void)world_at(w, wish->in_ms, NULL, begin_it, wish->let_in);
    }
    free(wish);
}

/* Brings a statement to a node that runs; whether there is one. */
static bool bring(struct member *at, struct um_str envelope, struct wish like)
{
    struct wish *wish;

    if (at->node == NULL || at->dying)
        return false;
    wish = must_alloc(sizeof *wish);
    *wish = like;
    wish->at = at;
    at->w->tally.statements++;
    if (um_node_state(at->node, envelope, taken, wish) != 0)
        free(wish);
    member_after(at);
    return true;
}

static struct member *somebody(struct world *w)
{
    return w->members[world_dice(w, w->n)];
}

static struct member *newcomer(struct world *w, bool writes)
{
    struct member *m = member_new(w);

    disk_init(&m->disk, m, w->people->store);
    m->writes = writes;
    draw_clock(m);
    return m;
}

/* Its GRANT is brought to the founder's node. */
static void add_granted(struct member *m, uint64_t in_ms)
{
    struct world *w = m->w;
    struct people *p = w->people;
    struct um_buf envelope = UM_BUF_INIT, list = UM_BUF_INIT;
    struct um_name id;

    sign_grant(w, m, &envelope, &id);
    um_buf_str(&list, um_buf_view(&p->welcome));
    um_pb_put_str(&list, 1, um_buf_view(&envelope));
    keep_place(m, um_buf_view(&list));
    (void)bring(w->members[0], um_buf_view(&envelope),
                (struct wish){.statement = id, .let_in = m, .in_ms = in_ms});
    um_buf_fini(&envelope);
    um_buf_fini(&list);
}

void people_add(struct world *w, bool writes, uint64_t in_ms)
{
    struct member *m = newcomer(w, writes);

    if (world_chance(w, 500))
        stranger_invite(m, in_ms);
    else
        add_granted(m, in_ms);
    net_add(w, m);
}

void people_add_harm(struct world *w, bool writes, uint64_t in_ms)
{
    struct member *m = newcomer(w, writes);

    m->hostile = true;
    add_granted(m, in_ms);
    net_add(w, m);
}

/* A member is put out, with what is to stay of it. */
static void put_out(struct world *w)
{
    struct member *m = somebody(w), *at = somebody(w);
    const struct um_past *t;
    struct um_statement s = {.what = UM_REVOKE, .key = m->name};
    struct um_buf envelope = UM_BUF_INIT;
    struct um_name id;

    if (m->index == 0 || m->revoked || !m->let_in || at == m ||
        at->node == NULL || at->revoked)
        return;
    t = um_view_target(&um_node_model(at->node)->view,
                       &um_node_model(at->node)->history);
    if (t == NULL)
        return;
    s.keep = (struct um_namelist){&t->rev.id, 1};
    people_sign(w, s, &envelope, &id);
    world_say(w, "%s is put out, said at %s", m->called, at->called);
    m->revoked =
        bring(at, um_buf_view(&envelope), (struct wish){.statement = id});
    um_buf_fini(&envelope);
}

/* The highest revision of which nothing is by a member that means harm. */
static const struct um_past *harmless(struct world *w, struct um_model *m,
                                      const struct member *bad)
{
    const struct um_history *h = &m->history;
    uint8_t *tainted = must_alloc(h->revs_n + 1);
    const struct um_past *best = NULL;

    (void)w;
    for (size_t i = h->revs_n; i-- > 0;) { /* parents rank lower */
        const struct um_past *p = um_history_ranked(h, i);

        tainted[p->place] = um_name_eq(&p->rev.by, &bad->name);
        for (unsigned k = 0; k < 2; k++)
            tainted[p->place] |=
                p->parents[k] != UM_NOWHERE && tainted[p->parents[k]];
        if (!tainted[p->place])
            best = p;
    }
    free(tainted);
    return best;
}

static void end_harm_of(struct world *w, struct member *bad)
{
    struct member *at = w->members[0];
    struct um_statement s = {.what = UM_REVOKE, .key = bad->name};
    struct um_buf envelope = UM_BUF_INIT;
    const struct um_past *p;
    struct um_name id;

    must(at->node != NULL, "the founder is there");
    p = harmless(w, um_node_model(at->node), bad);
    must(p != NULL, "r1 is harmless");
    s.keep = (struct um_namelist){&p->rev.id, 1};
    people_sign(w, s, &envelope, &id);
    world_say(w, "%s is put out", bad->called);
    bad->revoked =
        bring(at, um_buf_view(&envelope), (struct wish){.statement = id});
    um_buf_fini(&envelope);
}

void people_end_harm(struct world *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct member *m = w->members[i];

        if (m->hostile && m->let_in && !m->revoked)
            end_harm_of(w, m);
        if (m->hostile)
            hostile_end(m);
    }
}

static void set_label(struct world *w)
{
    static const char *const values[] = {"a", "b", "c"};
    const struct member *m = somebody(w);
    struct um_statement s = {.what = UM_SET,
                             .key = m->name,
                             .seq = ++w->people->seq,
                             .name = UM_STR("zone"),
                             .value = um_str(values[world_dice(w, 3)])};
    struct um_buf envelope = UM_BUF_INIT;
    struct um_name id;

    people_sign(w, s, &envelope, &id);
    (void)bring(somebody(w), um_buf_view(&envelope),
                (struct wish){.statement = id});
    um_buf_fini(&envelope);
}

static void grant_more(struct world *w)
{
    struct member *m = somebody(w);
    struct um_statement s = {
        .what = UM_GRANT, .key = m->name, .roles = UM_WRITER};
    struct um_buf envelope = UM_BUF_INIT;
    struct um_name id;

    if (m->revoked || m->hostile || !m->let_in)
        return;
    people_sign(w, s, &envelope, &id);
    if (bring(somebody(w), um_buf_view(&envelope),
              (struct wish){.statement = id}))
        m->writes = true;
    um_buf_fini(&envelope);
}

/* ---- who waits */

static struct member *called(const struct world *w, const struct um_name *name)
{
    for (size_t i = 0; i < w->n; i++) {
        if (um_name_eq(&w->members[i]->name, name))
            return w->members[i];
    }
    return NULL;
}

static void approve(struct member *m, struct member *at)
{
    struct um_buf envelope = UM_BUF_INIT;
    struct um_name id;

    sign_grant(m->w, m, &envelope, &id);
    if (bring(at, um_buf_view(&envelope),
              (struct wish){.statement = id, .let_in = m}))
        world_say(m->w, "%s is approved at %s", m->called, at->called);
    um_buf_fini(&envelope);
}

/* The owner looks who waits at a node, and says yes, there or at another one,
 * or no; not to who has a code of another node by now, which may let it in. */
static void answer_one(struct world *w)
{
    const struct um_pending *p = NULL;
    struct member *at = NULL, *m;

    for (unsigned i = 0; i < 8 && p == NULL; i++) {
        at = somebody(w);
        if (at->node != NULL && !at->dying && !at->revoked)
            p = um_welcome_pending(um_node_welcome(at->node), 0);
    }
    if (p == NULL)
        return;
    m = called(w, &p->key);
    must(m != NULL, "nobody else waits");
    if (m->waits && !m->let_in && !m->approved && m->door == at &&
        world_chance(w, 300)) {
        m->rejected =
            um_welcome_settle(um_node_welcome(at->node), &m->name) == 0;
        world_say(w, "%s is rejected at %s", m->called, at->called);
        member_after(at);
    } else if (!m->rejected) {
        struct member *other = somebody(w);

        m->approved = true;
        approve(m, other->let_in && !other->revoked && world_chance(w, 500)
                       ? other
                       : at);
    }
}

/* Whether who was told that it waits is on the list of who told it, or was let
 * in meanwhile. */
static bool is_known(struct member *m)
{
    struct um_node *n = m->told->node;
    const struct um_pending *p;

    if (n == NULL || m->told->revoked ||
        um_roster_ever(&um_node_model(n)->roster, &m->name) != 0)
        return true;
    for (size_t i = 0; (p = um_welcome_pending(um_node_welcome(n), i)) != NULL;
         i++) {
        if (um_name_eq(&p->key, &m->name))
            return true;
    }
    return false;
}

/* Again and again: the founder's disk may not take it, some come late, and what
 * was said at a node that was put out since is lost with it. */
static void approve_all(void *arg)
{
    struct world *w = arg;

    for (size_t i = 0; i < w->n; i++) {
        struct member *m = w->members[i];

        if (!people_awaits(m))
            continue;
        if (!is_known(m))
            world_fail(w, "%s waits at %s, which forgot it (I2)", m->called,
                       m->told->called);
        approve(m, w->members[0]);
    }
    if (!w->over)
        (void)world_at(w, 5000, NULL, approve_all, w);
}

bool people_awaits(const struct member *m)
{
    struct um_node *n = m->w->members[0]->node;

    return m->waits && !m->rejected && !m->revoked &&
           (n == NULL ||
            um_roster_ever(&um_node_model(n)->roster, &m->name) == 0);
}

void people_end_waiting(struct world *w)
{
    approve_all(w);
}

void people_rule(struct world *w)
{
    uint64_t what = world_dice(w, 10);

    if (what < 1)
        put_out(w);
    else if (what < 3)
        grant_more(w);
    else if (what < 4 && w->n + 1 < WORLD_MEMBERS &&
             w->n < w->plan.nodes + w->plan.nodes / 4 + 1)
        people_add(w, world_chance(w, 500), world_dice(w, 5000));
    else if (what < 6)
        answer_one(w);
    else
        set_label(w);
}

/* ---- what people want */

static void replied(void *user, enum um_reply answer,
                    const struct um_name *revision)
{
    struct wish *wish = user;
    struct world *w = wish->at->w;
    bool made = wish->verb <= UM_DO_EDIT || wish->verb == UM_DO_ADOPT;

    if (revision != NULL) {
        world_note_at(w, 'r', wish->at->index, answer);
        world_say(w, "%s answers verb %d: %d, %02x%02x", wish->at->called,
                  (int)wish->verb, (int)answer, revision->b[0], revision->b[1]);
        if (answer == UM_OK)
            w->tally.acked++;
        else
            w->tally.refused_commands++;
        if (answer == UM_OK && made)
            people_promised(w, (struct promise){.id = *revision,
                                                .member = wish->at->index});
    }
    free(wish);
}

/* A document that changes something in another; false: that is not here. Of
 * those that go step by step some are what no Unit takes. */
static bool make_document(struct member *m, const struct um_past *of,
                          struct um_command *c)
{
    struct um_str bytes;
    struct um_buf out = UM_BUF_INIT;
    struct text t;
    bool put;

    if (um_papers_get(um_node_papers(m->node), &of->rev.doc, &bytes) != 0)
        return false;
    text_read(bytes, &t);
    text_edit(m->w, &t);
    t.bad = c->policy == UM_STAGED && world_chance(m->w, 400);
    text_write(&t, &out);
    c->doc_bytes = (uint32_t)out.len;
    put =
        um_papers_put(um_node_papers(m->node), um_buf_view(&out), &c->doc) == 0;
    um_buf_fini(&out);
    return put;
}

/* Whether the document of a command is here; if not, it is asked for. */
static bool is_here(struct member *m, const struct um_past *about,
                    enum um_verb verb)
{
    const struct um_past *p = about;

    if (verb == UM_DO_DROP)
        p = um_view_target(&um_node_model(m->node)->view,
                           &um_node_model(m->node)->history);
    if (verb != UM_DO_ROLLBACK && verb != UM_DO_TAKE && verb != UM_DO_DROP)
        return true;
    return p != NULL &&
           um_node_fetch(m->node, &p->rev.doc, p->rev.doc_bytes) == 0;
}

static void choose_policy(struct world *w, struct um_command *c)
{
    uint64_t what = world_dice(w, 10);

    c->policy = what < 5 ? UM_IMMEDIATE : what < 8 ? UM_STAGED : UM_TRIAL;
    c->deadline_ms =
        world_between(w, w->plan.deadline_ms / 3, w->plan.deadline_ms);
    c->soak_ms = c->policy == UM_STAGED ? world_between(w, 500, 5000) : 0;
    c->budget = c->policy == UM_STAGED ? (uint32_t)world_dice(w, 3) : 0;
    c->first = world_chance(w, 600) ? UM_FIRST_ONE : UM_FIRST_ALL;
    if (c->policy == UM_IMMEDIATE)
        c->deadline_ms = 0;
}

/* Which revision it is about. */
static const struct um_past *about(struct world *w, const struct um_model *m,
                                   const struct um_command *c)
{
    const struct um_history *h = &m->history;
    size_t conflicts = m->view.heads_n > 1 ? m->view.heads_n - 1 : 0;

    if ((c->verb == UM_DO_TAKE || c->verb == UM_DO_DROP ||
         c->verb == UM_DO_EDIT) &&
        conflicts > 0)
        return um_history_at(h, m->view.heads[1 + world_dice(w, conflicts)]);
    if (c->verb == UM_DO_ROLLBACK)
        return um_history_ranked(h, (size_t)world_dice(w, h->revs_n));
    if (world_chance(w, 800))
        return um_view_target(&m->view, h);
    return um_history_ranked(h, (size_t)world_dice(w, h->revs_n));
}

static enum um_verb choose_verb(struct world *w, const struct um_model *m)
{
    static const enum um_verb all[] = {
        UM_DO_PUBLISH, UM_DO_PUBLISH, UM_DO_PUBLISH,  UM_DO_PUBLISH,
        UM_DO_PUBLISH, UM_DO_PUBLISH, UM_DO_CONFIRM,  UM_DO_CONFIRM,
        UM_DO_CONFIRM, UM_DO_ABORT,   UM_DO_ROLLBACK, UM_DO_RESUME,
        UM_DO_ADOPT};
    static const enum um_verb ends[] = {UM_DO_TAKE, UM_DO_DROP, UM_DO_EDIT};

    if (m->view.heads_n > 1 && world_chance(w, 300))
        return ends[world_dice(w, 3)];
    return all[world_dice(w, sizeof all / sizeof all[0])];
}

/* A writer's node that runs; or, seldom, any. */
static struct member *where(struct world *w)
{
    for (unsigned i = 0; i < 8; i++) {
        struct member *m = somebody(w);

        if (m->node != NULL && !m->dying && m->stands_until <= w->now &&
            (m->writes || world_chance(w, 50)))
            return m;
    }
    return NULL;
}

void people_want(struct world *w)
{
    struct member *m = where(w);
    struct um_command c = {0};
    const struct um_model *model;
    const struct um_past *p;
    struct wish *wish;

    if (m == NULL)
        return;
    model = um_node_model(m->node);
    if (model->history.revs_n == 0)
        return;
    c.verb = choose_verb(w, model);
    p = about(w, model, &c);
    choose_policy(w, &c);
    if (p == NULL || !is_here(m, p, c.verb) ||
        ((c.verb == UM_DO_PUBLISH || c.verb == UM_DO_EDIT) &&
         !make_document(m, p, &c)))
        return;
    c.about = p->rev.id;
    if (c.verb == UM_DO_PUBLISH && world_chance(w, 500))
        c.base = p->rev.id;
    c.flags = (unsigned)(world_chance(w, 500) ? world_dice(w, 64) : 0);
    if (c.verb == UM_DO_ADOPT)
        c.flags &= ~(unsigned)UM_FORCE; /* so that rules_end() sees a mistake */
    c.message = UM_STR("a person");
    wish = must_alloc(sizeof *wish);
    *wish = (struct wish){.at = m, .run = m->run, .verb = c.verb};
    if (um_node_command(m->node, &c, replied, wish) != 0)
        free(wish);
    member_after(m);
}
