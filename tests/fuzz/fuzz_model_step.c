/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A node of the model, and what happens to it: four bytes an event. Items are
 * of a stock made beforehand, which come in any order and as often as wanted.
 * Nothing is to be tried that was refused, nothing to wait for what was never
 * said, and a node that starts again knows what it knew.
 */
#include <stdlib.h>

#include "node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* More of them only repeat what a stock of two dozen items can do. */
#define INPUT_MAX 401
#define KEY       1

static struct mesh *stock;
static struct node *node;

/* What Unit refused last, while it is the same Unit. The core remembers more,
 * but no other is known here to be remembered. */
static struct {
    bool there;
    struct um_name revision, effective;
} no;

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* A revision of the stock on another one. */
static void put_rev(unsigned by, size_t on, uint64_t number, unsigned n)
{
    struct um_revision r = {.parents_n = 1,
                            .number = number,
                            .wall_ms = T0 + 1000 * n,
                            .doc = name_of(100 + n),
                            .policy = (enum um_rev_policy)(n % 3)};

    r.parents[0] = *mesh_id(stock, on);
    if (r.policy != UM_IMMEDIATE) {
        r.deadline_ms = 60000;
        r.soak_ms = 1000;
        r.first = (struct um_namelist){&stock->names[KEY], 1};
    }
    (void)mesh_rev(stock, by, r);
}

static void put_rows_and_statements(void)
{
    struct um_statement revoke = {.what = UM_REVOKE, .key = stock->names[2]};
    struct um_statement set = {.what = UM_SET,
                               .name = UM_STR("max-deadline-ms"),
                               .value = UM_STR("1000"),
                               .seq = 1};
    struct um_row row = {.wall_ms = T0, .healthy_ms = 5000, .ready = true};

    for (unsigned i = 0; i < 8; i++) {
        row.seq = 1 + i / 2;
        row.applied = *mesh_id(stock, stock->base_n + i);
        (void)mesh_row(stock, 2 + i % 3, row);
    }
    revoke.keep = (struct um_namelist){mesh_id(stock, stock->base_n + 2), 1};
    (void)mesh_say(stock, 0, revoke);
    (void)mesh_say(stock, 0, set);
}

static void make_stock(void)
{
    size_t first;

    stock = calloc(1, sizeof *stock);
    node = calloc(1, sizeof *node);
    need(stock != NULL && node != NULL);
    mesh_init(stock, 3, 1);
    first = stock->things_n;
    for (unsigned n = 0; n < 12; n++)
        put_rev(n % 4, n < 3 ? 0 : first + n - 3, 2 + n / 3, n);
    for (unsigned n = 0; n < 12; n++)
        (void)mesh_fact(stock, n % 4, (enum um_fact_what)(1 + n / 4),
                        mesh_id(stock, first + n), T0 + 2000 * n);
    put_rows_and_statements();
}

/* A revision: of the stock, or what the node knows. */
static struct um_name some(uint8_t b)
{
    const struct um_history *h = &node->m.history;

    if (b % 2 == 0 && h->revs_n > 0)
        return um_history_ranked(h, b % h->revs_n)->rev.id;
    return *mesh_id(stock, stock->base_n + b % 12);
}

static void command(const uint8_t *p)
{
    struct um_event e = {.what = UM_EV_COMMAND};
    struct um_command *c = &e.u.command;

    c->verb = (enum um_verb)(p[1] % 10);
    c->flags = p[2];
    c->about = some(p[3]);
    c->doc = name_of(p[3]);
    c->doc_bytes = 2;
    c->policy = (enum um_rev_policy)(p[1] / 10 % 3);
    c->first = (enum um_first)(p[1] / 30 % 3);
    c->nodes = (struct um_namelist){&stock->names[p[2] % 4], 1};
    need(node_step(node, &e) == 0);
    need(node_effect(node, UM_FX_REPLY) != NULL);
}

static void unit(const uint8_t *p)
{
    struct um_event e = {.what = (enum um_event_what)(UM_EV_MADE + p[1] % 5)};
    enum um_result outcome = (enum um_result)(p[2] % 3);

    if (e.what == UM_EV_MADE) {
        e.u.made.outcome = outcome;
        e.u.made.revision = some(p[3]);
        e.u.made.effective = name_of(p[3] % 8);
    } else if (e.what == UM_EV_APPLIED) {
        e.u.applied.outcome = outcome;
        e.u.applied.revision = node->m.own.trying;
        e.u.applied.effective = node->m.own.trying_effective;
        if (outcome == UM_RESULT_REFUSED && node->m.in_flight) {
            no.there = true;
            no.revision = e.u.applied.revision;
            no.effective = e.u.applied.effective;
        }
    } else if (e.what == UM_EV_HEALTH) {
        e.u.health.revision = node->m.own.applied;
        e.u.health.healthy = p[2] % 2;
    } else if (e.what == UM_EV_LIVE) {
        e.u.live.effective = e.u.live.doc = name_of(p[3] % 8);
        e.u.live.doc_bytes = 2;
        e.u.live.blank = p[2] & 1;
        e.u.live.shrinks = p[2] & 2;
        e.u.live.other_unit = p[2] & 4;
        no.there = no.there && !e.u.live.other_unit;
    } else {
        e.u.merged.outcome = outcome;
        e.u.merged.target = *node_target(node);
        e.u.merged.head = some(p[3]);
        e.u.merged.doc = name_of(p[3]);
        e.u.merged.doc_bytes = 2;
    }
    need(node_step(node, &e) == 0);
}

static void check(void)
{
    for (size_t i = 0; i < node->fx.n; i++) {
        const struct um_effect *e = &node->fx.list[i];

        need(e->after <= node->m.seq);
        need(e->what != UM_FX_APPLY ||
             (!um_own_refused(&node->m.own, &e->u.apply.revision,
                              &e->u.apply.effective) &&
              um_name_eq(&node->m.own.trying, &e->u.apply.revision)));
        need(e->what != UM_FX_APPLY || !no.there ||
             !um_name_eq(&no.revision, &e->u.apply.revision) ||
             !um_name_eq(&no.effective, &e->u.apply.effective));
    }
}

static void restart(void)
{
    struct um_buf before = UM_BUF_INIT, after = UM_BUF_INIT;
    size_t revs = node->m.history.revs_n;

    um_own_write(&node->m.own, &before);
    node_restart(node, node->disk_n);
    um_own_write(&node->m.own, &after);
    need(um_str_eq(um_buf_view(&before), um_buf_view(&after)));
    need(revs == node->m.history.revs_n);
    um_buf_fini(&before);
    um_buf_fini(&after);
}

/* Time goes on; what is to be decided at once comes to an end. */
static void tick(uint64_t ms)
{
    unsigned rounds = 0;

    node_tick(node, ms);
    for (; node->fx.next_ms <= node->mono && rounds < 20; rounds++)
        node_tick(node, 0);
    need(rounds < 20);
}

static void event(const uint8_t *p)
{
    size_t i = stock->base_n + p[1] % (stock->things_n - stock->base_n);

    switch (p[0] % 8) {
        case 0:
        case 1:
            node_give(node, i, i + 1);
            break;
        case 2:
            command(p);
            break;
        case 3:
        case 4:
            unit(p);
            break;
        case 5:
            if (p[1] % 16 == 0)
                restart();
            break;
        default:
            tick((uint64_t)p[1] * p[2]);
    }
    check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (stock == NULL)
        make_stock();
    node_init(node, stock, KEY);
    node->quiet = true;
    no.there = false;
    node->m.cfg.drift = node->cfg.drift =
        (enum um_drift_policy)(size > 0 ? data[0] % 3 : 0);
    node_tick(node, 0);
    for (size_t i = 1; i + 4 <= size && i + 4 <= INPUT_MAX; i += 4)
        event(data + i);
    restart();
    node_fini(node);
    return 0;
}
