/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See driver.h. Of the members that a revision is opened to, each is failed,
 * silent, good or not there yet. Too many failed: ABORT. Too many silent: it
 * holds, since it may be the revision that silenced them. All good: the next
 * batch, as large as what is opened; with none left, and half of the roster
 * good, CONFIRM.
 */
#include "mesh/model/driver.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/base/mem.h"
#include "mesh/model/author.h"
#include "mesh/model/brakes.h"
#include "mesh/model/report.h"
#include "p2p/err.h"

/* A member that may be opened, and its turn. */
struct candidate {
    uint64_t turn;
    struct um_name name;
};

/* How a rollout stands. */
struct tally {
    size_t members;
    size_t opened;
    size_t failed;
    size_t silent;
    size_t good;
    size_t pending; /* not there yet */
    struct candidate *rest;
    size_t rest_n;
};

/* What a member says of itself; false: nothing is known. */
static bool row_of(struct um_model *m, const struct um_name *member,
                   struct um_row *out)
{
    const struct um_heard *h = um_others_find(&m->rows, member);

    if (um_name_eq(member, &m->cfg.me)) {
        *out = (struct um_row){.applied = m->own.applied,
                               .healthy_ms = um_report_healthy_ms(m)};
        return true;
    }
    if (h == NULL)
        return false;
    *out = h->row;
    return true;
}

static bool names_bad(struct um_model *m, const struct um_name *member,
                      const struct um_name *revision)
{
    const struct um_heard *h = um_others_find(&m->rows, member);

    if (!um_name_eq(member, &m->cfg.me))
        return h != NULL && um_others_names_bad(&h->row, revision);
    for (size_t i = 0; i < m->own.bad_n; i++) {
        if (um_name_eq(&m->own.bad[i].revision, revision) &&
            um_own_bad_still(&m->own, &m->own.bad[i]))
            return true;
    }
    return false;
}

bool um_driver_named_bad(struct um_model *m, const struct um_name *revision,
                         struct um_name *who)
{
    (void)um_roster_members(&m->roster); /* settles the roster */
    for (size_t i = 0; i < m->roster.keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);

        if ((k->now & UM_NODE) != 0 && names_bad(m, &k->name, revision)) {
            *who = k->name;
            return true;
        }
    }
    return false;
}

/* What was heard last of a silent member counts among the good, since it ran
 * the revision for its soak; whether so many may be silent is asked first. */
static void count_opened(struct um_model *m, const struct um_past *t,
                         const struct um_name *member, struct tally *out)
{
    struct um_row row;
    bool good;

    out->opened++;
    if (names_bad(m, member, &t->rev.id)) {
        out->failed++;
        return;
    }
    good = row_of(m, member, &row) && um_name_eq(&row.applied, &t->rev.id) &&
           row.healthy_ms > 0 && row.healthy_ms >= t->rev.soak_ms;
    out->good += good;
    if (!um_core_fresh(m, member))
        out->silent++;
    else if (!good)
        out->pending++;
}

/* Goes over all members; out->rest has room for them. */
static void count(struct um_model *m, const struct um_past *t,
                  struct tally *out)
{
    for (size_t i = 0; i < m->roster.keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);

        if ((k->now & UM_NODE) == 0)
            continue;
        out->members++;
        if (um_view_opened(&m->view, &m->history, &m->roster, t, &k->name))
            count_opened(m, t, &k->name, out);
        else if (um_author_may_open(m, &k->name))
            out->rest[out->rest_n++] =
                (struct candidate){um_author_turn(&t->rev, &k->name), k->name};
    }
    assert(out->failed + out->silent + out->pending <= out->opened);
}

static int by_turn(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->turn != y->turn)
        return x->turn < y->turn ? -1 : 1;
    return um_name_cmp(&x->name, &y->name);
}

/* The next batch: as many as are opened, at least one. */
static void open_next(struct um_model *m, const struct um_past *t,
                      struct tally *k)
{
    struct um_name batch[UM__CAP_NAMES];
    struct um_saying s = {.what = UM_OPEN};
    size_t n = k->opened > 0 ? k->opened : 1;

    if (n > k->rest_n)
        n = k->rest_n;
    if (n > UM__CAP_NAMES)
        n = UM__CAP_NAMES;
    qsort(k->rest, k->rest_n, sizeof *k->rest, by_turn);
    for (size_t i = 0; i < n; i++)
        batch[i] = k->rest[i].name;
    s.nodes = (struct um_namelist){batch, um_namelist_sort(batch, n)};
    (void)um_author_fact(m, t, &s);
}

static void hold(struct um_model *m, const struct um_past *t)
{
    if (um_name_eq(&m->told_held, &t->rev.id))
        return;
    m->told_held = t->rev.id;
    um_core_notice(m, UM_SAW_HELD, &t->rev.id);
}

/* Says once that it waits for another's confirmation. */
static void wait_for_eyes(struct um_model *m, const struct um_past *t)
{
    if (um_name_eq(&m->told_unconfirmed, &t->rev.id))
        return;
    m->told_unconfirmed = t->rev.id;
    um_core_notice(m, UM_SAW_UNCONFIRMED, &t->rev.id);
}

/* All that is open does well, and nobody is left. */
static void complete(struct um_model *m, const struct um_past *t)
{
    const struct um_saying confirm = {.what = UM_CONFIRM};

    if (um_brakes_own_eyes(m, t))
        wait_for_eyes(m, t);
    else
        (void)um_author_fact(m, t, &confirm);
}

static void drive(struct um_model *m, const struct um_past *t, struct tally *k)
{
    struct um_saying abort = {.what = UM_ABORT,
                              .message = UM_STR("too many members failed")};
    size_t budget = t->rev.budget;

    if (k->failed > budget) {
        (void)um_author_fact(m, t, &abort);
        return;
    }
    if (k->failed + k->silent > budget) {
        hold(m, t);
        return;
    }
    m->told_held = (struct um_name){0};
    if (k->pending > 0)
        return;
    if (k->rest_n > 0)
        open_next(m, t, k);
    else if (t->rev.policy != UM_TRIAL && k->good > 0 &&
             2 * k->good >= k->members)
        complete(m, t);
}

/* When the soak of what is open may be over. */
static void wake(struct um_model *m, const struct um_past *t)
{
    uint64_t done = um_report_healthy_ms(m);

    if (um_name_eq(&m->own.applied, &t->rev.id) && done > 0 &&
        done < t->rev.soak_ms)
        um_core_wake(m, m->mono_ms + (t->rev.soak_ms - done));
}

void um_driver_decide(struct um_model *m)
{
    const struct um_past *t = um_view_target(&m->view, &m->history);
    struct tally k = {0};

    if (t == NULL || um_view_state(&m->view, t) != UM_STILL_OPEN ||
        !um_core_writes(m) ||
        (!um_name_eq(&t->rev.by, &m->cfg.me) &&
         !um_own_drives(&m->own, &t->rev.id)))
        return;
    k.rest = um_mem_alloc((um_roster_members(&m->roster) + 1) * sizeof *k.rest);
    if (k.rest == NULL) {
        um_core_fail(m, P2P_ENOMEM);
        return;
    }
    count(m, t, &k);
    drive(m, t, &k);
    wake(m, t);
    um_mem_free(k.rest);
}
