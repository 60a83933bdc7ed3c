/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See spread.h. A member that is to run something else, an older revision or
 * one that came later, has no part in it. */
#include "mesh/app/spread.h"

#include "mesh/app/views.h"
#include "mesh/model/report.h"

enum how { ELSEWHERE, THERE, COMING, REFUSED, SILENT };

/* What a member says of itself. */
struct said {
    struct um_name applied;
    uint64_t healthy_ms;
    bool bad;
    struct um_str reason;
};

/* What this node says; false: it has no Unit. */
static bool say_own(struct um_node *n, const struct um_name *revision,
                    struct said *out)
{
    const struct um_model *m = um_node_model(n);

    *out = (struct said){.applied = m->own.applied,
                         .healthy_ms = um_report_healthy_ms(m),
                         .bad = um_own_refused(&m->own, revision, NULL)};
    if (m->reason != NULL) {
        out->reason = um_str(m->reason);
    }
    return um_node_hands(n) != NULL;
}

/* What another one said; false: nothing lately, or it has no Unit. */
static bool say_other(struct um_node *n, const struct um_name *member,
                      const struct um_name *revision, struct said *out)
{
    const struct um_model *m = um_node_model(n);
    const struct um_heard *h = um_others_find(&m->rows, member);

    *out = (struct said){.healthy_ms = 0};
    if (h == NULL) {
        return false;
    }
    *out = (struct said){.applied = h->row.applied,
                         .healthy_ms = h->row.healthy_ms,
                         .bad = um_others_names_bad(&h->row, revision),
                         .reason = h->row.reason};
    return um_core_fresh(m, member) &&
           (h->row.unit.len > 0 || !um_name_none(&h->row.applied));
}

static enum how look(struct um_node *n, const struct um_name *member,
                     const struct um_name *revision, bool healthy,
                     struct said *said)
{
    struct um_model *m = um_node_model(n);
    const struct um_past *mine =
        um_view_desired(&m->view, &m->history, &m->roster, member);
    bool me = um_name_eq(member, &m->cfg.me);

    if (mine == NULL || !um_name_eq(&mine->rev.id, revision)) {
        return ELSEWHERE;
    }
    if (me ? !say_own(n, revision, said)
           : !say_other(n, member, revision, said)) {
        return SILENT;
    }
    if (um_name_eq(&said->applied, revision) &&
        (!healthy || said->healthy_ms >= UM_SPREAD_HEALTHY_MS)) {
        return THERE;
    }
    return said->bad ? REFUSED : COMING;
}

void um_spread_count(struct um_node *n, const struct um_name *revision,
                     bool healthy, struct um_spread *out)
{
    struct um_roster *r = &um_node_model(n)->roster;
    size_t count[] = {[ELSEWHERE] = 0,
                      [THERE] = 0,
                      [COMING] = 0,
                      [REFUSED] = 0,
                      [SILENT] = 0};
    struct said said;

    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        if ((k->now & UM_NODE) != 0) {
            count[look(n, &k->name, revision, healthy, &said)]++;
        }
    }
    *out = (struct um_spread){.there = count[THERE],
                              .coming = count[COMING],
                              .refused = count[REFUSED],
                              .silent = count[SILENT]};
}

static void show(struct um_node *n, struct um_json *j,
                 const struct um_name *member, enum how how,
                 const struct said *said)
{
    um_json_open(j, NULL, '{');
    um_views_peer(j, "id", member);
    um_views_name(n, j, "name", member);
    if (how != SILENT) {
        um_json_text(j, "state", how == REFUSED ? "refused" : "behind");
    }
    um_views_revision(n, j, "runs", &said->applied);
    if (said->reason.len > 0) {
        um_json_str(j, "reason", said->reason);
    }
    um_json_close(j, '}');
}

/* The members that are so. */
static void list(struct um_node *n, const struct um_name *revision,
                 bool healthy, struct um_json *j, bool silent)
{
    struct um_roster *r = &um_node_model(n)->roster;
    struct said said = {.healthy_ms = 0};

    um_json_open(j, silent ? "silent" : "missing", '[');
    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);
        enum how how = (k->now & UM_NODE) != 0
                           ? look(n, &k->name, revision, healthy, &said)
                           : ELSEWHERE;

        if (silent ? how == SILENT : how == COMING || how == REFUSED) {
            show(n, j, &k->name, how, &said);
        }
    }
    um_json_close(j, ']');
}

void um_spread_show(struct um_node *n, const struct um_name *revision,
                    bool healthy, struct um_json *j)
{
    list(n, revision, healthy, j, false);
    list(n, revision, healthy, j, true);
}
