/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See report.h. The numbers of rows are stored ahead, so that a heartbeat needs
 * no disk: what was reserved is never used twice.
 */
#include "mesh/model/report.h"

#include <assert.h>

#include "p2p/err.h"

/* How many numbers are reserved: those of a minute of the clock. */
#define RESERVED (UINT64_C(60000) * 8)

uint64_t um_report_healthy_ms(const struct um_model *m)
{
    if (!m->healthy || m->in_flight)
        return 0;
    return m->healthy_ms > 0 ? m->healthy_ms : 1;
}

/* The newest of what is bad, each revision once. */
static size_t bad_of(const struct um_own *own, struct um_name *out)
{
    size_t n = 0;

    for (size_t i = 0; i < own->bad_n && n < UM__CAP_ROW_BAD; i++) {
        size_t k = 0;

        while (k < n && !um_name_eq(&out[k], &own->bad[i].revision))
            k++;
        if (k == n && um_own_bad_still(own, &own->bad[i]))
            out[n++] = own->bad[i].revision;
    }
    return n;
}

static bool changed(const struct um_model *m, const struct um_row *row,
                    const struct um_name *bad, size_t bad_n)
{
    const struct um_row *old = &m->said;

    return !um_name_eq(&row->applied, &old->applied) ||
           !um_name_eq(&row->effective, &old->effective) ||
           (row->healthy_ms > 0) != (old->healthy_ms > 0) ||
           row->drift != old->drift || row->ready != old->ready ||
           bad_n != m->said_bad_n ||
           memcmp(bad, m->said_bad, bad_n * sizeof *bad) != 0;
}

static uint64_t next_seq(struct um_model *m)
{
    uint64_t seq = um_row_seq(m->row_seq, m->wall_ms);

    if (seq > m->own.row_seq) {
        m->own.row_seq =
            seq < UM_PB_NUM_MAX - RESERVED ? seq + RESERVED : UM_PB_NUM_MAX;
        m->own_dirty = true;
    }
    assert(seq > m->row_seq);
    m->row_seq = seq;
    return seq;
}

static void say(struct um_model *m, struct um_row *row)
{
    struct um_effect e = {.what = UM_FX_ROW};
    struct um_buf envelope = UM_BUF_INIT;
    int err;

    row->seq = next_seq(m);
    um_core_save(m);
    err = m->cfg.signer.row(m->cfg.signer.user, row, &envelope);
    if (err == 0) {
        e.u.row.seq = row->seq;
        e.u.row.envelope = um_effects_keep(m->fx, um_buf_view(&envelope));
        um_core_say(m, &e);
    } else if (err != P2P_EINVAL && err != P2P_ETOOBIG) {
        um_core_fail(m, err);
    }
    um_buf_fini(&envelope);
}

uint64_t um_report_lag_ms(struct um_model *m)
{
    return m->cfg.row_lag_ms * (1 + um_roster_members(&m->roster) / 8);
}

/* Whether the row goes out now: its time has come, or that of the news. */
static bool is_due(struct um_model *m, bool news)
{
    if (!news)
        m->row_news_ms = UINT64_MAX;
    else if (m->row_news_ms == UINT64_MAX)
        m->row_news_ms = m->mono_ms + um_report_lag_ms(m);
    assert(news == (m->row_news_ms != UINT64_MAX));
    return m->mono_ms >= m->row_due_ms || m->mono_ms >= m->row_news_ms;
}

void um_report_decide(struct um_model *m)
{
    struct um_name bad[UM__CAP_ROW_BAD];
    size_t bad_n = bad_of(&m->own, bad);
    struct um_row row = {.mesh = m->cfg.mesh,
                         .by = m->cfg.me,
                         .applied = m->own.applied,
                         .effective = m->own.effective,
                         .wall_ms = m->wall_ms,
                         .healthy_ms = um_report_healthy_ms(m),
                         .drift = m->drift,
                         .ready = m->own.good_n > 0,
                         .bad = {bad, bad_n},
                         .unit = {m->unit, m->unit_n},
                         .daemon = m->cfg.version};

    assert(bad_n <= UM__CAP_ROW_BAD);
    if (m->cfg.name.len <= UM__CAP_ROW_NAME_BYTES && um_pb_is_text(m->cfg.name))
        row.name = m->cfg.name;
    if ((um_roster_roles(&m->roster, &m->cfg.me) & UM_NODE) == 0)
        return;
    if (is_due(m, changed(m, &row, bad, bad_n))) {
        if (m->reason != NULL)
            row.reason = um_str(m->reason);
        say(m, &row);
        m->said = row;
        memcpy(m->said_bad, bad, bad_n * sizeof *bad);
        m->said_bad_n = bad_n;
        m->row_due_ms = m->mono_ms + m->cfg.heartbeat_ms;
        m->row_news_ms = UINT64_MAX;
    }
    um_core_wake(
        m, m->row_news_ms < m->row_due_ms ? m->row_news_ms : m->row_due_ms);
}
