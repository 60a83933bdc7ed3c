/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See doctor.h. Each look is a function of its own, which says nothing if all
 * is well there. */
#include "mesh/app/doctor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mesh/app/answer.h"
#include "mesh/app/views.h"
#include "mesh/applier/facts.h"
#include "mesh/base/version.h"
#include "mesh/model/core.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/revname.h"

/* How long a member may be silent, and a rollout stand still, by the clock of a
 * node that is not a test's. */
#define SILENT_MS 600000U

/* How long before its end a certificate is spoken of. */
#define ENDS_SOON_S (14 * 86400)

/* Members, certificates that are named one by one. */
#define NAMED 5U

/* Room for a line, and for a name in it. */
#define LINE_BYTES 400
#define NAME_BYTES UM_DOCTOR_NAME

void um_doctor_find(struct um_doctor *o, enum um_ailment how, const char *what,
                    const char *mend, const char *text)
{
    o->well = o->well && how == UM_ADVICE;
    um_json_open(&o->j, NULL, '{');
    um_json_text(&o->j, "what", what);
    um_json_bool(&o->j, "advice", how == UM_ADVICE);
    um_json_text(&o->j, "text", text);
    if (mend != NULL) {
        um_json_text(&o->j, "mend", mend);
    }
    um_json_close(&o->j, '}');
}

const char *um_doctor_called(struct um_node *n, const struct um_name *member,
                             char out[UM_DOCTOR_NAME])
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_node_facts f = {.name = {NULL, 0}};
    char id[P2P_PEER_ID_TEXT_MAX];
    struct p2p_peer_id peer;

    (void)um_node_facts(n, member, &a, &f);
    um_peer_of(member, &peer);
    if (f.name.len > 0) {
        (void)snprintf(out, NAME_BYTES, "%.*s", UM_STR_ARG(f.name));
    } else {
        (void)snprintf(out, NAME_BYTES, "%s", p2p_peer_id_text(&peer, id));
    }
    um_arena_fini(&a);
    return out;
}

static uint64_t silent_ms(const struct um_doctor *o)
{
    unsigned speed = o->d->settings.test_speed;

    return SILENT_MS / (speed > 1 ? speed : 1);
}

/* A span as people say it. */
static const char *span(uint64_t ms, char out[32])
{
    uint64_t s = ms / 1000;

    (void)snprintf(out, 32, "%llu%s",
                   (unsigned long long)(s >= 172800 ? s / 86400
                                        : s >= 7200 ? s / 3600
                                        : s >= 120  ? s / 60
                                                    : s),
                   s >= 172800 ? " days"
                   : s >= 7200 ? " hours"
                   : s >= 120  ? " minutes"
                               : " s");
    return out;
}

/* ---- owners */

/* A node whose key could be an owner's, too; not one that has an owner's key
 * beside it already, as far as we know. */
static const struct um_roster_key *candidate(struct um_model *m, bool owns)
{
    struct um_roster *r = &m->roster;

    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        if ((k->now & UM_NODE) != 0 && (k->now & (UM_OWNER | UM_ROOT)) == 0 &&
            um_name_eq(&k->name, &m->cfg.me) != owns) {
            return k;
        }
    }
    return NULL;
}

static void look_at_owners(struct um_doctor *o, struct um_node *n)
{
    struct um_roster *r = &um_node_model(n)->roster;
    bool owns = um_node_owns(n);
    const struct um_roster_key *k = candidate(um_node_model(n), owns);
    char mend[LINE_BYTES], name[NAME_BYTES];
    size_t owners = 0;

    for (size_t i = 0; i < r->keys_n; i++) {
        owners += (um_roster_key_at(r, i)->now & (UM_OWNER | UM_ROOT)) != 0;
    }
    (void)snprintf(mend, sizeof mend, "%sunitmesh members role %s owner",
                   owns ? "" : "where the owner's key is: ",
                   k != NULL ? um_doctor_called(n, &k->name, name) : "MEMBER");
    if (owners == 0) {
        um_doctor_find(o, UM_AILMENT, "no-owner", "unitmesh recover",
                       "Nobody is an owner any more: no member can be let in "
                       "or removed.");
    } else if (owners == 1) {
        um_doctor_find(o, UM_AILMENT, "one-owner", mend,
                       "There is only one owner. If that key is lost, all "
                       "depends on the recovery key.");
    }
}

/* Whether the recovery key has signed anything. */
static bool was_used(struct um_roster *r, const struct um_name *recovery)
{
    bool stands;

    for (size_t i = 0; i < um_roster_count(r); i++) {
        if (um_name_eq(&um_roster_at(r, i, &stands)->by, recovery)) {
            return true;
        }
    }
    return false;
}

static void look_at_keys(struct um_doctor *o, struct um_node *n)
{
    struct um_model *m = um_node_model(n);
    const struct um_statement *g = um_roster_genesis(&m->roster);
    char mend[LINE_BYTES + sizeof o->d->settings.state];

    if (g != NULL && !um_name_none(&g->key) && !was_used(&m->roster, &g->key)) {
        um_doctor_find(o, UM_ADVICE, "recovery-key", "unitmesh recover --check",
                       "Nobody has tried the recovery key yet: is the paper "
                       "there, and can it be read?");
    }
    if (um_daemon_owner(o->d) != NULL && um_node_owns(n)) {
        (void)snprintf(mend, sizeof mend,
                       "move %s/owner.key to a machine that is no node, where "
                       "`unitmesh owner sign` signs, and restart the daemon, "
                       "which has read it",
                       o->d->settings.state);
        um_doctor_find(o, UM_ADVICE, "owner-key", mend,
                       "An owner's key lies on this node: whoever breaks in "
                       "here owns the mesh.");
    }
}

/* ---- members */

/* For how long a member was not heard of; UINT64_MAX: never. */
static uint64_t silent_for(struct um_node *n, const struct um_name *member)
{
    struct um_model *m = um_node_model(n);
    const struct um_heard *h = um_others_find(&m->rows, member);
    const struct um_shelf_row *s = um_shelf_row_of(um_node_shelf(n), member);

    if (um_name_eq(member, &m->cfg.me)) {
        return 0;
    }
    if (h != NULL) {
        return um_node_mono_ms(n) - h->heard_ms;
    }
    if (s == NULL) {
        return UINT64_MAX;
    }
    return m->wall_ms > s->seen_ms ? m->wall_ms - s->seen_ms : 0;
}

/* A peer that is looked for among those of the bus. */
struct sought {
    struct p2p_peer_id id;
    bool connected;
    char addr[200]; /* the other end of the connection */
};

static void each_peer(void *user, const struct um_bus_peer *p)
{
    struct sought *s = user;

    if (p2p_peer_id_equal(&p->id, &s->id)) {
        s->connected = p->connected;
        (void)snprintf(s->addr, sizeof s->addr, "%s", p->addr);
    }
}

/* What is known of a connection to who is silent: whether it is the network, or
 * that daemon. */
static const char *say_where(struct um_doctor *o, const struct um_name *member,
                             char out[LINE_BYTES])
{
    struct sought s = {.connected = false};

    um_peer_of(member, &s.id);
    um_bus_peers(o->d->bus, each_peer, &s);
    if (s.connected) {
        (void)snprintf(out, LINE_BYTES,
                       " It is connected, at %s, and says nothing: its daemon "
                       "hangs, or is of another version.",
                       s.addr);
    } else {
        (void)snprintf(out, LINE_BYTES, "%s",
                       um_bus_connected(o->d->bus) == 0
                           ? " This node is connected with nobody at all: look "
                             "at its own network, too."
                           : " There is no connection to it, as there are to "
                             "others: its daemon does not run, or the way to "
                             "its host is barred.");
    }
    return out;
}

static void say_silent(struct um_doctor *o, struct um_node *n,
                       const struct um_name *member, uint64_t ms)
{
    char text[2 * LINE_BYTES], mend[LINE_BYTES], name[NAME_BYTES], age[32];
    char where[LINE_BYTES];

    (void)um_doctor_called(n, member, name);
    (void)say_where(o, member, where);
    if (ms == UINT64_MAX) {
        (void)snprintf(text, sizeof text, "%s was never heard of.%s", name,
                       where);
    } else {
        (void)snprintf(text, sizeof text, "%s was not heard of for %s.%s", name,
                       span(ms, age), where);
    }
    (void)snprintf(mend, sizeof mend,
                   "there: unitmesh doctor; if it does not come back: unitmesh "
                   "members rm %s",
                   name);
    um_doctor_find(o, UM_AILMENT, "silent", mend, text);
}

static void look_at_members(struct um_doctor *o, struct um_node *n)
{
    struct um_model *m = um_node_model(n);
    size_t members = um_roster_members(&m->roster), fresh = 0, silent = 0;
    char text[LINE_BYTES];

    for (size_t i = 0; i < m->roster.keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);
        uint64_t ms;

        if ((k->now & UM_NODE) == 0) {
            continue;
        }
        fresh += um_core_fresh(m, &k->name);
        ms = silent_for(n, &k->name);
        if (ms > silent_ms(o) && silent++ < NAMED) {
            say_silent(o, n, &k->name, ms);
        }
    }
    if (silent > NAMED) {
        (void)snprintf(text, sizeof text, "%zu members more are silent.",
                       silent - NAMED);
        um_doctor_find(o, UM_AILMENT, "silent", "unitmesh nodes", text);
    }
    if (2 * fresh < members) {
        (void)snprintf(text, sizeof text,
                       "Only %zu of %zu members are heard: changes are refused "
                       "here without --alone.",
                       fresh, members);
        um_doctor_find(o, UM_AILMENT, "alone", "unitmesh nodes", text);
    }
}

/* What to do about one that does badly by a probe. */
#define PROBE_MEND                                                           \
    "look at what the probe asks, or: unitmesh probe rm NAME, or: unitmesh " \
    "rollback"

static const char *mend_of(struct um_str reason, const char *mend)
{
    return um_str_starts(reason, UM_STR("probe ")) ? PROBE_MEND
           : um_str_starts(reason, UM_STR("Unit is absent"))
               ? "there: systemctl start unit; unitmesh doctor tells more there"
               : mend;
}

/* A member that does not run what it is to run, by its own word: why, and what
 * to do. */
static bool say_not_in_step(struct um_doctor *o, struct um_node *n,
                            const struct um_name *member)
{
    static const struct {
        const char *state;
        const char *text;
        const char *mend;
    } all[] = {
        {"refused", "does not run the current revision: ",
         "unitmesh show, then mend what it says, or: unitmesh rollback"},
        {"unhealthy", "does not do well with the current revision: ",
         "look at its Unit's log, or: unitmesh rollback"},
        {"drift", "does not run what the mesh says: ",
         "there, to keep it: unitmesh post /config; else: unitmesh heal"},
    };
    struct um_row row = {.healthy_ms = 0};
    uint64_t age_ms;
    const char *state = um_views_state(n, member, &row, &age_ms);
    char text[LINE_BYTES], name[NAME_BYTES];

    if (state == NULL || row.reason.len == 0) {
        return false; /* or it is about to tell why */
    }
    if (um_name_eq(member, um_node_me(n)) && um_node_absent(n) != NULL) {
        return false; /* its Unit is gone, which was said */
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(state, all[i].state) == 0) {
            (void)snprintf(text, sizeof text, "%s %s%.*s",
                           um_doctor_called(n, member, name), all[i].text,
                           UM_STR_ARG(row.reason));
            um_doctor_find(o, UM_AILMENT, all[i].state,
                           mend_of(row.reason, all[i].mend), text);
            return true;
        }
    }
    return false;
}

static void look_at_steps(struct um_doctor *o, struct um_node *n)
{
    struct um_roster *r = &um_node_model(n)->roster;
    size_t told = 0;

    for (size_t i = 0; i < r->keys_n && told < NAMED; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        told += (k->now & UM_NODE) != 0 && say_not_in_step(o, n, &k->name);
    }
}

/* The newest daemon of the mesh, if it is newer than this one. */
static void look_at_versions(struct um_doctor *o, struct um_node *n)
{
    const struct um_model *m = um_node_model(n);
    struct um_str newest = um_str(um_daemon_version());
    const struct um_name *who = NULL;
    char text[LINE_BYTES], name[NAME_BYTES];

    for (size_t i = 0; i < m->rows.n; i++) {
        const struct um_row *row = &m->rows.list[i]->row;

        if (um_version_compare(row->daemon, newest) > 0) {
            newest = row->daemon;
            who = &row->by;
        }
    }
    if (who != NULL) {
        (void)snprintf(text, sizeof text,
                       "%s runs unitmesh %.*s, this node %s. They go on "
                       "together, but what is new there is not here.",
                       um_doctor_called(n, who, name), UM_STR_ARG(newest),
                       um_daemon_version());
        um_doctor_find(o, UM_ADVICE, "older",
                       "install the same unitmesh here, and start it again",
                       text);
    }
}

/* How far this clock is off from that of most members that are heard. */
static void look_at_clocks(struct um_doctor *o, struct um_node *n)
{
    struct um_model *m = um_node_model(n);
    size_t fresh = 0, behind = 0, ahead = 0;
    char text[LINE_BYTES], name[NAME_BYTES], far[32];
    const struct um_name *who = NULL;
    uint64_t off_ms = 0;

    for (size_t i = 0; i < m->rows.n; i++) {
        const struct um_heard *h = m->rows.list[i];
        uint64_t then = m->wall_ms - (m->mono_ms - h->heard_ms);
        bool is_behind = h->row.wall_ms + m->cfg.near_ms < then;
        bool is_ahead = then + m->cfg.near_ms < h->row.wall_ms;

        /* One who was a member may have been told of once more, long after
         * its last word. */
        if (um_core_fresh(m, &h->row.by) &&
            (um_roster_roles(&m->roster, &h->row.by) & UM_NODE) != 0) {
            fresh++;
            behind += is_behind;
            ahead += is_ahead;
            if (is_behind || is_ahead) {
                who = &h->row.by;
                off_ms =
                    is_behind ? then - h->row.wall_ms : h->row.wall_ms - then;
            }
        }
    }
    if (who == NULL) {
        return;
    }
    if (2 * behind > fresh || 2 * ahead > fresh) {
        (void)snprintf(text, sizeof text,
                       "This node's clock is %s %s those of most members: "
                       "changes are refused here without --skewed.",
                       span(off_ms, far),
                       2 * behind > fresh ? "ahead of" : "behind");
    } else {
        (void)snprintf(text, sizeof text,
                       "The clock of %s is %s from this node's.",
                       um_doctor_called(n, who, name), span(off_ms, far));
    }
    um_doctor_find(o, UM_AILMENT, "clock",
                   2 * behind > fresh || 2 * ahead > fresh
                       ? "timedatectl set-ntp true"
                       : "there: timedatectl set-ntp true",
                   text);
}

/* ---- the configuration */

static void look_at_conflicts(struct um_doctor *o, struct um_node *n)
{
    const struct um_model *m = um_node_model(n);
    size_t open = m->view.heads_n > 0 ? m->view.heads_n - 1 : 0;
    char text[LINE_BYTES];

    if (open + m->view.unlisted_n > 0) {
        (void)snprintf(text, sizeof text,
                       "%zu change%s beside the current configuration wait%s "
                       "for somebody to decide.",
                       open + m->view.unlisted_n, open == 1 ? "" : "s",
                       open == 1 ? "s" : "");
        um_doctor_find(
            o, UM_AILMENT, "conflicts",
            "unitmesh conflicts, then: unitmesh resolve REV --take or --drop",
            text);
    }
}

/* When something was last done about a revision. */
static uint64_t last_step_ms(const struct um_past *p)
{
    uint64_t last = p->rev.wall_ms;

    for (const struct um_noted *f = p->facts; f != NULL; f = f->next) {
        last = f->fact.wall_ms > last ? f->fact.wall_ms : last;
    }
    return last;
}

static void look_at_rollout(struct um_doctor *o, struct um_node *n)
{
    const struct um_model *m = um_node_model(n);
    const struct um_past *t = um_view_target(&m->view, &m->history);
    char text[LINE_BYTES], mend[LINE_BYTES], rev[UM_REVNAME_TEXT_MAX];
    bool held;

    if (t == NULL || t->rev.policy != UM_STAGED ||
        um_view_state(&m->view, t) != UM_STILL_OPEN) {
        return;
    }
    held = um_name_eq(&m->told_held, &t->rev.id);
    if (!held && m->wall_ms < last_step_ms(t) + t->rev.soak_ms + silent_ms(o)) {
        return;
    }
    (void)um_revname_text(t->rev.number, &t->rev.id, UM_REVNAME_DIGITS, rev);
    (void)snprintf(text, sizeof text, "The rollout of %s %s.", rev,
                   held ? "waits for members that are silent"
                        : "has not gone on for long");
    (void)snprintf(mend, sizeof mend,
                   "unitmesh resume %s, or confirm, or abort", rev);
    um_doctor_find(o, UM_AILMENT, "rollout", mend, text);
}

static void say_certificate(struct um_doctor *o, const char *name, time_t end,
                            time_t now)
{
    char text[LINE_BYTES], mend[LINE_BYTES], age[32];

    if (end <= now) {
        (void)snprintf(text, sizeof text, "The certificate %.*s has ended.",
                       NAME_BYTES, name);
    } else {
        (void)snprintf(text, sizeof text, "The certificate %.*s ends in %s.",
                       NAME_BYTES, name,
                       span((uint64_t)(end - now) * 1000, age));
    }
    (void)snprintf(mend, sizeof mend, "unitmesh cert put %.*s CHAIN KEY",
                   NAME_BYTES, name);
    um_doctor_find(o, UM_AILMENT, "certificate", mend, text);
}

static void look_at_certificates(struct um_doctor *o, struct um_node *n)
{
    const struct um_expiry *e = &o->d->expiry;
    time_t now = (time_t)(um_mesh_wall_ms() / 1000);

    um_expiry_look(&o->d->expiry, n);
    for (size_t i = 0; i < e->n; i++) {
        if (e->rows[i].end < now + ENDS_SOON_S) {
            say_certificate(o, e->rows[i].name, e->rows[i].end, now);
        }
    }
}

/* ---- all of it */

void um_doctor_mesh(struct um_doctor *o, struct um_node *n)
{
    char mend[LINE_BYTES + sizeof o->d->settings.state];

    (void)um_roster_members(&um_node_model(n)->roster); /* settles it */
    if (um_roster_roles(&um_node_model(n)->roster, um_node_me(n)) == 0 &&
        um_roster_ever(&um_node_model(n)->roster, um_node_me(n)) != 0) {
        (void)snprintf(mend, sizeof mend,
                       "unitmesh leave; then, for another key, stop the daemon "
                       "and remove %s/node.key; then start it, and, with a "
                       "code: unitmesh join CODE",
                       o->d->settings.state);
        um_doctor_find(o, UM_AILMENT, "removed", mend,
                       "This node was removed from the mesh, and its key does "
                       "not come back.");
        return;
    }
    if (um_mesh_waits(o->d)) {
        um_doctor_find(o, UM_AILMENT, "pending",
                       "on an owner's node: unitmesh members pending",
                       "This node waits for an owner to let it in.");
        return;
    }
    look_at_owners(o, n);
    look_at_keys(o, n);
    look_at_members(o, n);
    look_at_steps(o, n);
    look_at_versions(o, n);
    look_at_clocks(o, n);
    look_at_conflicts(o, n);
    look_at_rollout(o, n);
    look_at_certificates(o, n);
}

void um_doctor_show(struct um_daemon *d, struct um_http_req *req)
{
    struct um_doctor o = {.d = d, .well = true};

    um_json_init(&o.j);
    um_json_open(&o.j, "findings", '[');
    um_doctor_place(&o);
    um_doctor_gateway(&o);
    um_doctor_ways(&o, d->mesh.node);
    if (d->mesh.node != NULL) {
        um_doctor_mesh(&o, d->mesh.node);
    } else if (d->article == NULL) {
        um_doctor_find(&o, UM_AILMENT, "no-mesh",
                       "unitmesh init, or unitmesh join CODE",
                       "This node is in no mesh.");
    }
    um_json_close(&o.j, ']');
    um_json_bool(&o.j, "well", o.well);
    um_answer_json(req, 200, &o.j);
}
