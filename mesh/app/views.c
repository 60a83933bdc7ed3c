/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See views.h. Members are shown with the name that people gave them, or that
 * they call themselves. */
#include "mesh/app/views.h"

#include <stdio.h>
#include <string.h>

#include "mesh/app/measured.h"
#include "mesh/app/reach.h"
#include "mesh/model/report.h"
#include "mesh/applier/facts.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/revname.h"

void um_views_peer(struct um_json *j, const char *key,
                   const struct um_name *member)
{
    char text[P2P_PEER_ID_TEXT_MAX];
    struct p2p_peer_id peer;

    um_peer_of(member, &peer);
    um_json_text(j, key, p2p_peer_id_text(&peer, text));
}

void um_views_name(struct um_node *n, struct um_json *j, const char *key,
                   const struct um_name *member)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_node_facts facts = {.name = {NULL, 0}};

    (void)um_node_facts(n, member, &a, &facts);
    um_json_str(j, key, facts.name);
    um_arena_fini(&a);
}

static void put_hex(struct um_json *j, const char *key,
                    const struct um_name *name)
{
    char text[UM_NAME_TEXT_MAX];

    um_json_text(j, key, um_name_text(name, text));
}

/* As many digits as tell it from others of its number. */
static unsigned digits_of(const struct um_history *h, const struct um_past *p)
{
    unsigned most = UM_REVNAME_DIGITS;

    for (size_t i = 0; i < h->revs_n; i++) {
        const struct um_past *o = um_history_ranked(h, i);

        if (o->rev.number < p->rev.number) {
            break;
        }
        if (o != p && o->rev.number == p->rev.number) {
            unsigned d = um_revname_digits(&o->rev.id, &p->rev.id);

            most = d > most ? d : most;
        }
    }
    return most;
}

void um_views_revision(struct um_node *n, struct um_json *j, const char *key,
                       const struct um_name *id)
{
    const struct um_history *h = &um_node_model(n)->history;
    const struct um_past *p = um_history_find(h, id);
    char text[UM_REVNAME_TEXT_MAX];

    if (p != NULL) {
        um_json_text(j, key,
                     um_revname_text(p->rev.number, id, digits_of(h, p), text));
    } else if (!um_name_none(id)) {
        put_hex(j, key, id);
    }
}

void um_views_roles(struct um_json *j, const char *key, unsigned roles)
{
    static const struct {
        unsigned role;
        const char *name;
    } all[] = {{UM_ROOT, "root"},
               {UM_OWNER, "owner"},
               {UM_WRITER, "writer"},
               {UM_NODE, "node"}};

    um_json_open(j, key, '[');
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if ((roles & all[i].role) != 0) {
            um_json_text(j, NULL, all[i].name);
        }
    }
    um_json_close(j, ']');
}

/* How many members are how, as far as this one knows. */
static void put_states(struct um_node *n, struct um_json *j)
{
    struct um_measured_mesh m = {.states = {0}};

    um_measured_members(n, &m);
    um_json_open(j, "nodes", '{');
    for (size_t i = 0; i < UM_MEASURED_STATES; i++) {
        if (m.states[i] > 0) {
            um_json_uint(j, um_measured_states[i], m.states[i]);
        }
    }
    um_json_close(j, '}');
}

void um_views_mesh(struct um_node *n, struct um_json *j)
{
    struct um_model *m = um_node_model(n);
    const struct um_statement *g = um_roster_genesis(&m->roster);
    const struct um_past *t = um_view_target(&m->view, &m->history);
    const char *trouble = um_disk_trouble(um_node_disk(n));

    um_json_open(j, "mesh", '{');
    put_hex(j, "id", &m->cfg.mesh);
    if (g != NULL) {
        um_json_str(j, "name", g->name);
    }
    if (g != NULL && !um_name_none(&g->key)) {
        um_views_peer(j, "recovery", &g->key);
    }
    um_views_name(n, j, "node", um_node_me(n));
    um_views_roles(j, "roles", um_roster_roles(&m->roster, um_node_me(n)));
    um_json_bool(j, "member", um_roster_roles(&m->roster, um_node_me(n)) != 0);
    um_json_bool(j, "pending", um_roster_ever(&m->roster, um_node_me(n)) == 0);
    um_json_bool(j, "owner_key", um_node_owns(n));
    um_json_bool(j, "last_owner", um_node_is_last_owner(n));
    um_json_uint(j, "members", um_roster_members(&m->roster));
    put_states(n, j);
    um_json_uint(j, "revisions", m->history.revs_n);
    if (t != NULL) {
        um_views_revision(n, j, "current", &t->rev.id);
    }
    um_views_revision(n, j, "applied", &m->own.applied);
    um_json_uint(j, "conflicts", m->view.heads_n > 0 ? m->view.heads_n - 1 : 0);
    if (m->reason != NULL) {
        um_json_text(j, "reason", m->reason);
    }
    if (trouble != NULL) {
        um_json_text(j, "disk", trouble);
    }
    um_json_close(j, '}');
}

/* For how long a member has been silent, in ms. */
static uint64_t age_of(struct um_node *n, const struct um_name *member,
                       const struct um_shelf_row *row, uint64_t mono_ms,
                       uint64_t wall_ms)
{
    const struct um_heard *h = um_others_find(&um_node_model(n)->rows, member);

    if (um_name_eq(member, um_node_me(n))) {
        return 0;
    }
    if (h != NULL) {
        return mono_ms - h->heard_ms;
    }
    return wall_ms > row->seen_ms ? wall_ms - row->seen_ms : 0;
}

/* In a word, how a member is; what runs there is compared with what should. */
static const char *state_of(struct um_node *n, const struct um_name *member,
                            const struct um_row *row, uint64_t age_ms)
{
    struct um_model *m = um_node_model(n);
    const struct um_past *should =
        um_view_desired(&m->view, &m->history, &m->roster, member);

    if (age_ms > m->cfg.fresh_ms) {
        return "stale";
    }
    if (row->drift != UM_NO_DRIFT) {
        return row->drift == UM_HEALING ? "healing" : "drift";
    }
    if (should != NULL && um_name_eq(&row->applied, &should->rev.id)) {
        return row->healthy_ms > 0 ? "synced" : "unhealthy";
    }
    return should != NULL && um_others_names_bad(row, &should->rev.id)
               ? "refused"
               : "behind";
}

/* @param behind it does not run what it should */
static void put_row(struct um_node *n, struct um_json *j,
                    const struct um_row *row, bool behind)
{
    um_views_revision(n, j, "runs", &row->applied);
    um_json_bool(j, "healthy", row->healthy_ms > 0);
    um_json_uint(j, "healthy_ms", row->healthy_ms);
    um_json_bool(j, "ready", row->ready);
    um_json_text(j, "reach", um_reach_word(row->reach));
    um_json_str(j, "unit", row->unit);
    if (row->daemon.len > 0) {
        um_json_str(j, "daemon", row->daemon);
    }
    if (row->reason.len > 0) {
        um_json_str(j, "reason", row->reason);
    } else if (behind && row->unit.len == 0) {
        um_json_text(j, "reason", "no Unit was seen there");
    }
    um_json_open(j, "bad", '[');
    for (size_t i = 0; i < row->bad.n; i++) {
        um_views_revision(n, j, NULL, &row->bad.p[i]);
    }
    um_json_close(j, ']');
}

/* Of itself a node knows more than it said last. */
static void know_own(struct um_node *n, struct um_row *row)
{
    const struct um_model *m = um_node_model(n);

    row->applied = m->own.applied;
    row->healthy_ms = um_report_healthy_ms(m);
    row->drift = m->drift;
    row->daemon = m->cfg.version;
    row->reason = m->reason != NULL ? um_str(m->reason) : um_str_n(NULL, 0);
}

bool um_views_row(struct um_node *n, const struct um_name *member,
                  struct um_row *row)
{
    const struct um_shelf_row *s = um_shelf_row_of(um_node_shelf(n), member);

    return s != NULL && um_row_read(s->envelope, row) == 0;
}

const char *um_views_state(struct um_node *n, const struct um_name *member,
                           struct um_row *row, uint64_t *age_ms)
{
    const struct um_shelf_row *s = um_shelf_row_of(um_node_shelf(n), member);
    const struct um_model *m = um_node_model(n);

    if (s == NULL || um_row_read(s->envelope, row) != 0) {
        return NULL;
    }
    if (um_name_eq(member, um_node_me(n))) {
        know_own(n, row);
    }
    *age_ms = age_of(n, member, s, um_node_mono_ms(n), m->wall_ms);
    return state_of(n, member, row, *age_ms);
}

static void put_node(struct um_node *n, struct um_json *j,
                     const struct um_roster_key *k)
{
    struct um_row row;
    uint64_t age_ms;
    const char *state = um_views_state(n, &k->name, &row, &age_ms);

    um_json_open(j, NULL, '{');
    um_views_peer(j, "id", &k->name);
    um_views_name(n, j, "name", &k->name);
    um_json_bool(j, "me", um_name_eq(&k->name, um_node_me(n)));
    um_json_text(j, "state", state != NULL ? state : "unknown");
    if (state != NULL) {
        um_json_uint(j, "age_ms", age_ms);
        put_row(n, j, &row, strcmp(state, "behind") == 0);
    }
    um_json_close(j, '}');
}

void um_views_nodes(struct um_node *n, struct um_json *j)
{
    struct um_roster *r = &um_node_model(n)->roster;

    um_json_open(j, "nodes", '[');
    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        if ((k->now & UM_NODE) != 0) {
            put_node(n, j, k);
        }
    }
    um_json_close(j, ']');
}

static void put_labels(struct um_node *n, struct um_json *j,
                       const struct um_name *member)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_node_facts f = {.label_count = 0};
    char key[UM__CAP_SET_NAME_BYTES + 1];

    (void)um_node_facts(n, member, &a, &f);
    um_json_open(j, "labels", '{');
    for (size_t i = 0; i < f.label_count; i++) {
        memcpy(key, f.labels[i].key.p, f.labels[i].key.len);
        key[f.labels[i].key.len] = '\0';
        um_json_str(j, key, f.labels[i].value);
    }
    um_json_close(j, '}');
    um_arena_fini(&a);
}

void um_views_members(struct um_node *n, struct um_json *j)
{
    struct um_roster *r = &um_node_model(n)->roster;

    um_json_open(j, "members", '[');
    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        if (k->now == 0) {
            continue;
        }
        um_json_open(j, NULL, '{');
        um_views_peer(j, "id", &k->name);
        um_views_name(n, j, "name", &k->name);
        um_json_bool(j, "me", um_name_eq(&k->name, um_node_me(n)));
        um_views_roles(j, "roles", k->now);
        put_labels(n, j, &k->name);
        um_json_close(j, '}');
    }
    um_json_close(j, ']');
}

static const char *policy_of(const struct um_revision *r)
{
    switch (r->policy) {
        case UM_IMMEDIATE:
            return "immediate";
        case UM_STAGED:
            return "staged";
        case UM_TRIAL:
            break;
    }
    return "trial";
}

static const char *word_of(const struct um_model *m, const struct um_past *p)
{
    if (um_view_void(&m->view, p)) {
        return "void";
    }
    switch (um_view_state(&m->view, p)) {
        case UM_DEAD:
            return "ended";
        case UM_STILL_OPEN:
            return um_view_covered(&m->view, p) ? "superseded" : "open";
        case UM_ESTABLISHED:
            break;
    }
    return "established";
}

void um_views_past(struct um_node *n, struct um_json *j,
                   const struct um_past *p)
{
    const struct um_model *m = um_node_model(n);
    const struct um_past *t = um_view_target(&m->view, &m->history);

    um_views_revision(n, j, "revision", &p->rev.id);
    put_hex(j, "id", &p->rev.id);
    um_json_uint(j, "number", p->rev.number);
    um_json_bool(j, "current", p == t);
    um_json_text(j, "state", word_of(m, p));
    um_json_text(j, "policy", policy_of(&p->rev));
    um_views_peer(j, "by", &p->rev.by);
    um_views_name(n, j, "author", &p->rev.by);
    um_json_uint(j, "wall_ms", p->rev.wall_ms);
    if (p->rev.policy != UM_IMMEDIATE) {
        um_json_uint(j, "ends_ms", p->rev.wall_ms + p->rev.deadline_ms);
    }
    um_json_str(j, "message", p->rev.message);
    um_json_open(j, "parents", '[');
    for (size_t i = 0; i < p->rev.parents_n; i++) {
        um_views_revision(n, j, NULL, &p->rev.parents[i]);
    }
    um_json_close(j, ']');
    put_hex(j, "document", &p->rev.doc);
    um_json_uint(j, "document_bytes", p->rev.doc_bytes);
}

void um_views_revisions(struct um_node *n, struct um_json *j, size_t limit)
{
    const struct um_history *h = &um_node_model(n)->history;

    um_json_open(j, "revisions", '[');
    for (size_t i = 0; i < h->revs_n && i < limit; i++) {
        um_json_open(j, NULL, '{');
        um_views_past(n, j, um_history_ranked(h, i));
        um_json_close(j, '}');
    }
    um_json_close(j, ']');
}

void um_views_conflicts(struct um_node *n, struct um_json *j)
{
    const struct um_model *m = um_node_model(n);

    um_json_open(j, "conflicts", '[');
    for (size_t i = 1; i < m->view.heads_n; i++) {
        um_json_open(j, NULL, '{');
        um_views_past(n, j, um_history_at(&m->history, m->view.heads[i]));
        um_json_close(j, '}');
    }
    um_json_close(j, ']');
    um_json_uint(j, "unlisted", m->view.unlisted_n);
}

void um_views_pending(struct um_node *n, struct um_json *j)
{
    const struct um_pending *p;

    um_json_open(j, "pending", '[');
    for (size_t i = 0; (p = um_welcome_pending(um_node_welcome(n), i)) != NULL;
         i++) {
        um_json_open(j, NULL, '{');
        um_views_peer(j, "id", &p->key);
        um_json_str(j, "name", p->name);
        um_json_uint(j, "at_ms", p->at_ms);
        um_json_close(j, '}');
    }
    um_json_close(j, ']');
}

void um_views_invites(struct um_node *n, struct um_json *j)
{
    const struct um_invite *v;

    um_json_open(j, "invites", '[');
    for (size_t i = 0; (v = um_welcome_at(um_node_welcome(n), i)) != NULL;
         i++) {
        char id[2 * UM_INVITE_ID_BYTES + 1];

        for (size_t k = 0; k < UM_INVITE_ID_BYTES; k++) {
            (void)snprintf(id + 2 * k, 3, "%02x", v->id[k]);
        }
        um_json_open(j, NULL, '{');
        um_json_text(j, "id", id);
        um_views_roles(j, "roles", v->roles);
        um_json_uint(j, "expires_ms", v->expires_ms);
        um_json_uint(j, "uses", v->uses);
        um_json_uint(j, "used", v->used);
        um_json_close(j, '}');
    }
    um_json_close(j, ']');
}
