/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See core.h. */
#include "mesh/model/core.h"

#include <assert.h>

#include "p2p/err.h"

void um_core_persist(struct um_model *m, const struct um_record *s)
{
    struct um_effect e = {.what = UM_FX_PERSIST, .u.persist = *s};

    assert(m->fx != NULL && m->persisted <= m->seq);
    e.u.persist.bytes = um_effects_keep(m->fx, s->bytes);
    e.after = m->seq;
    e.seq = ++m->seq;
    um_effects_add(m->fx, &e);
}

void um_core_save(struct um_model *m)
{
    struct um_record s = {.what = UM_RECORD_OWN};
    struct um_buf bytes = UM_BUF_INIT;

    if (!m->own_dirty)
        return;
    um_own_write(&m->own, &bytes);
    s.bytes = um_buf_view(&bytes);
    if (um_buf_failed(&bytes))
        um_core_fail(m, P2P_ENOMEM);
    else
        um_core_persist(m, &s);
    um_buf_fini(&bytes);
    m->own_dirty = false;
}

void um_core_say(struct um_model *m, struct um_effect *e)
{
    assert(!m->own_dirty || e->what == UM_FX_PUBLISH);
    e->after = m->seq;
    um_effects_add(m->fx, e);
}

void um_core_notice(struct um_model *m, enum um_notice what,
                    const struct um_name *revision)
{
    struct um_effect e = {.what = UM_FX_NOTICE, .u.notice = {.what = what}};

    if (revision != NULL)
        e.u.notice.revision = *revision;
    um_effects_add(m->fx, &e);
}

/* What was judged to be over stays so, whatever becomes of the clock. */
static void store_overdue(struct um_model *m)
{
    for (size_t i = 0; i < m->view.overdue_n; i++) {
        const struct um_past *p =
            um_history_at(&m->history, m->view.overdue[i]);
        struct um_record s = {.what = UM_RECORD_OVERDUE, .id = p->rev.id};

        um_core_persist(m, &s);
        if (um_view_state(&m->view, p) == UM_DEAD)
            um_core_notice(m, UM_SAW_EXPIRED, &p->rev.id);
    }
}

void um_core_look(struct um_model *m)
{
    const struct um_past *target;
    int err;

    assert(m->started);
    if ((!m->dirty && m->wall_ms <= m->view.next_ms) || m->err != 0)
        return;
    err = um_view_update(&m->view, &m->history, &m->roster, m->wall_ms);
    if (err != 0) {
        um_core_fail(m, err);
        return;
    }
    m->dirty = false;
    store_overdue(m);
    target = um_view_target(&m->view, &m->history);
    if (target != NULL && !um_name_eq(&target->rev.id, &m->told_target)) {
        m->told_target = target->rev.id;
        um_core_notice(m, UM_SAW_TARGET, &target->rev.id);
    }
    if (m->view.heads_n != m->told_heads) {
        m->told_heads = m->view.heads_n;
        um_core_notice(m, UM_SAW_CONFLICTS, NULL);
    }
}

void um_core_wake(struct um_model *m, uint64_t mono_ms)
{
    if (mono_ms < m->wake_ms)
        m->wake_ms = mono_ms;
}

struct um_past *um_core_find(const struct um_model *m, const struct um_name *id)
{
    return um_name_none(id) ? NULL : um_history_find(&m->history, id);
}

bool um_core_writes(struct um_model *m)
{
    return (um_roster_roles(&m->roster, &m->cfg.me) & UM_WRITER) != 0;
}

bool um_core_fresh(const struct um_model *m, const struct um_name *member)
{
    const struct um_heard *h = um_others_find(&m->rows, member);

    if (um_name_eq(member, &m->cfg.me))
        return true;
    return h != NULL && m->mono_ms - h->heard_ms <= m->cfg.fresh_ms;
}

/* FNV-1a of 32 more bytes. */
static uint64_t stir(uint64_t sum, const struct um_name *n)
{
    for (size_t i = 0; i < UM_NAME_BYTES; i++)
        sum = (sum ^ n->b[i]) * UINT64_C(0x100000001b3);
    return sum;
}

uint64_t um_core_mix(const struct um_name *a, const struct um_name *b,
                     const struct um_name *c)
{
    uint64_t sum = stir(UINT64_C(0xcbf29ce484222325), a);

    sum = stir(stir(sum, b), c);
    return sum ^ sum >> 29;
}
