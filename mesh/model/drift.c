/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See drift.h. Adopting makes a revision of what runs, on top of what this node
 * applied, not of the target: who changed it by hand saw nothing of a rollout.
 */
#include "mesh/model/drift.h"

#include <assert.h>

#include "mesh/model/apply.h"
#include "mesh/model/author.h"
#include "mesh/model/brakes.h"
#include "p2p/err.h"

bool um_drift_by_hand(const struct um_model *m)
{
    return m->live.known && !m->live.blank &&
           !um_name_eq(&m->live.effective, &m->own.effective) &&
           !um_name_eq(&m->live.effective, &m->own.offered) &&
           (um_name_none(&m->own.trying) ||
            !um_name_eq(&m->live.effective, &m->own.trying_effective));
}

void um_drift_keep(struct um_model *m, const struct um_name *effective)
{
    struct um_effect e = {.what = UM_FX_KEEP,
                          .u.keep = {m->live.effective, m->own.applied}};

    if (m->live.kept || !um_drift_by_hand(m) ||
        um_name_eq(&m->live.effective, effective))
        return;
    m->live.kept = true;
    um_effects_add(m->fx, &e);
}

/* How many conflicts of this author are listed. */
static size_t own_conflicts(const struct um_model *m)
{
    size_t n = 0;

    for (size_t i = 1; i < m->view.heads_n; i++) {
        const struct um_past *p = um_history_at(&m->history, m->view.heads[i]);

        n += um_name_eq(&p->rev.by, &m->cfg.me);
    }
    return n;
}

enum um_reply um_drift_adopt(struct um_model *m, unsigned flags,
                             struct um_name *id)
{
    const struct um_past *cur = um_core_find(m, &m->own.applied);
    struct um_revision r = {.parents_n = 1,
                            .doc = m->live.doc,
                            .doc_bytes = m->live.doc_bytes,
                            .message = UM_STR("a change by hand")};

    if (cur == NULL || !um_drift_by_hand(m))
        return UM_NOT_BY_HAND;
    if (um_name_none(&m->live.doc))
        return UM_UNFIT;
    if (um_brakes_no_immediate(m))
        return UM_NOT_IMMEDIATE;
    if (m->live.shrinks && (flags & UM_FORCE) == 0)
        return UM_SHRINKS;
    if (own_conflicts(m) + 1 >= UM__CAP_VIEW_CONFLICTS &&
        (flags & UM_EVEN_CROWDED) == 0)
        return UM_CROWDED;
    r.parents[0] = cur->rev.id;
    if (um_author_revision(m, &r, UM_FIRST_ONE) != 0)
        return UM_UNFIT;
    *id = m->own.applied = r.id;
    m->own.effective = m->live.effective;
    m->own_dirty = m->again = true;
    return UM_OK;
}

static void adopt(struct um_model *m, const struct um_past *cur)
{
    struct um_name id;

    if (um_drift_adopt(m, 0, &id) == UM_OK) {
        m->drift = UM_ADOPTED;
        um_core_notice(m, UM_SAW_ADOPTED, &id);
    } else if (!m->live.told) {
        um_core_notice(m, UM_SAW_NOT_ADOPTED, &cur->rev.id);
    }
}

/* Gives Unit once more what it is to run, unless it said no to that. */
static void heal(struct um_model *m, const struct um_past *cur)
{
    m->drift = UM_HEALING;
    if (um_own_refused(&m->own, &cur->rev.id, &m->own.effective)) {
        m->reason = "Unit lost its configuration and refuses it now";
        return;
    }
    um_drift_keep(m, &m->own.effective);
    um_apply_launch(m, &cur->rev.id, &m->own.effective);
}

enum um_reply um_drift_heal(struct um_model *m)
{
    const struct um_past *cur = um_core_find(m, &m->own.applied);

    if (cur == NULL || !um_drift_by_hand(m))
        return UM_NOT_BY_HAND;
    heal(m, cur);
    m->again = true;
    return UM_OK;
}

void um_drift_decide(struct um_model *m, const struct um_past *cur)
{
    assert(m->live.known);
    m->drift = UM_DIFFERS;
    if (!um_drift_by_hand(m) || m->cfg.drift == UM_HEAL) {
        heal(m, cur);
        return;
    }
    m->reason =
        m->live.by_hand[0] != '\0' ? m->live.by_hand : "changed by hand";
    if (!m->live.told)
        um_core_notice(m, UM_SAW_DRIFT, &cur->rev.id);
    if (m->cfg.drift == UM_ADOPT && um_core_writes(m))
        adopt(m, cur);
    m->live.told = true;
}
