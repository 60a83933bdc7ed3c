/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See model.h. An event is noted by the part that it concerns; TICK asks each
 * part in turn, the driver before the Unit, so that a rollout is judged by what
 * ran and not by what is about to.
 */
#include "mesh/model/model.h"

#include <assert.h>

#include "mesh/model/apply.h"
#include "mesh/model/command.h"
#include "mesh/model/core.h"
#include "mesh/model/driver.h"
#include "mesh/model/intake.h"
#include "mesh/model/rebase.h"
#include "mesh/model/report.h"
#include "p2p/err.h"

void um_model_defaults(struct um_model_cfg *cfg)
{
    *cfg = (struct um_model_cfg){
        .heartbeat_ms = 5000,
        .row_lag_ms = 30,
        .fresh_ms = 15000,
        .near_ms = 60000,
        .retry_min_ms = 1000,
        .retry_max_ms = 60000,
        .rebase_min_ms = 6000,
        .rebase_jitter_ms = 10000,
        .soak_ms = 30000,
        .deadline_ms = UM_COMMAND_STAGED_MS,
    };
}

void um_model_init(struct um_model *m, const struct um_model_cfg *cfg)
{
    memset(m, 0, sizeof *m);
    m->cfg = *cfg;
    um_roster_init(&m->roster, &cfg->mesh);
    um_history_init(&m->history, cfg->salt);
    m->wake_ms = UINT64_MAX;
    m->view.next_ms = UINT64_MAX;
    m->row_news_ms = UINT64_MAX;
}

void um_model_fini(struct um_model *m)
{
    um_others_fini(&m->rows);
    um_unmet_fini(&m->waiting);
    um_view_fini(&m->view);
    um_history_fini(&m->history);
    um_roster_fini(&m->roster);
    memset(m, 0, sizeof *m);
}

static void start(struct um_model *m)
{
    m->started = true;
    m->dirty = m->again = true;
    m->row_seq = m->own.row_seq;
    um_apply_start(m);
}

/* A look, and when the next one is due by the clock that people set. */
static void look(struct um_model *m)
{
    um_core_look(m);
    if (m->err == 0 && m->view.next_ms != UINT64_MAX)
        um_core_wake(m, m->mono_ms + (m->view.next_ms - m->wall_ms) + 1);
}

static void tick(struct um_model *m)
{
    m->again = false;
    m->wake_ms = UINT64_MAX;
    look(m);
    if (m->err == 0)
        um_driver_decide(m);
    look(m);
    if (m->err == 0)
        um_apply_decide(m);
    look(m);
    if (m->err == 0)
        um_rebase_decide(m);
    if (m->err == 0)
        um_report_decide(m);
    um_intake_expire(m);
}

static void on_persisted(struct um_model *m, uint64_t up_to)
{
    if (up_to > m->seq)
        um_core_fail(m, P2P_EINVAL);
    else if (up_to > m->persisted)
        m->persisted = up_to;
}

/* What happens to a node that has started. */
static void note(struct um_model *m, const struct um_event *e)
{
    switch (e->what) {
        case UM_EV_ITEMS:
            um_intake_items(m, e);
            break;
        case UM_EV_COMMAND:
            um_command_run(m, &e->u.command);
            break;
        case UM_EV_PERSISTED:
            on_persisted(m, e->u.persisted);
            break;
        case UM_EV_MADE:
            um_apply_made(m, e);
            break;
        case UM_EV_APPLIED:
            um_apply_result(m, e);
            break;
        case UM_EV_RAN:
            um_apply_ran(m, e);
            break;
        case UM_EV_HEALTH:
            um_apply_health(m, e);
            break;
        case UM_EV_LIVE:
            um_apply_live(m, e);
            break;
        case UM_EV_ABSENT:
            m->absent = m->again = true;
            break;
        case UM_EV_MERGED:
            um_rebase_merged(m, e);
            break;
        case UM_EV_TICK:
            tick(m);
            break;
        default:
            um_core_fail(m, P2P_EINVAL);
    }
}

int um_model_step(struct um_model *m, const struct um_event *e,
                  struct um_effects *fx)
{
    um_effects_clear(fx);
    if (m->broken)
        return P2P_EINVAL;
    m->fx = fx;
    m->err = 0;
    m->wall_ms = e->wall_ms;
    if (e->mono_ms > m->mono_ms)
        m->mono_ms = e->mono_ms;
    if (m->started)
        note(m, e);
    else if (e->what == UM_EV_LOADED)
        um_intake_loaded(m, &e->u.loaded);
    else if (e->what == UM_EV_STARTED)
        start(m);
    else
        um_core_fail(m, P2P_EINVAL);
    um_core_save(m);
    if (fx->failed)
        um_core_fail(m, P2P_ENOMEM);
    fx->next_ms = m->again ? m->mono_ms : m->wake_ms;
    m->broken = m->err != 0;
    m->fx = NULL;
    return m->err;
}

/* Whether this node may have to run it once more. */
static bool in_use(const struct um_model *m, const struct um_name *id)
{
    if (um_name_eq(&m->own.applied, id) || um_name_eq(&m->own.trying, id))
        return true;
    for (size_t i = 0; i < m->own.good_n; i++) {
        if (um_name_eq(&m->own.good[i], id))
            return true;
    }
    return false;
}

bool um_model_prunable(struct um_model *m, const struct um_past *p)
{
    const struct um_past *desired =
        um_view_desired(&m->view, &m->history, &m->roster, &m->cfg.me);

    assert(m->started);
    if (p == desired || in_use(m, &p->rev.id))
        return false;
    for (size_t i = 0; i < m->view.states_n; i++) {
        const struct um_past *q = um_history_ranked(&m->history, i);

        if (p == q)
            return false;
        if (um_view_state(&m->view, q) == UM_ESTABLISHED)
            return true;
    }
    return false;
}
