/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See inviter.h. Who knows a code is looked at whatever the limits are but that
 * on streams: checking costs one MAC, so strangers without a code cannot keep
 * out who has one. A code that is not known is checked against one that nobody
 * has, so it takes as long as a wrong proof, and gets the same answer.
 *
 * The answer is made before the event is pulled, and kept until that is on
 * disk.
 */
#include "mesh/sync/inviter.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

#define ASK_MS 10000U

/* The most statements that an answer rests on; a chain of authority has two. */
enum { RESTS_MAX = 16 };

void um_door_init(struct um_door *door, uint64_t now_ms)
{
    *door = (struct um_door){.asks = UM__CAP_JOIN_ASKS, .at_ms = now_ms};
}

/* Whether one more without a code may be put down now. */
static bool may_ask(struct um_door *door, uint64_t now_ms)
{
    uint64_t more = (now_ms - door->at_ms) / ASK_MS;

    door->at_ms += more * ASK_MS;
    if (more > UM__CAP_JOIN_ASKS - door->asks)
        more = UM__CAP_JOIN_ASKS - door->asks;
    door->asks += (unsigned)more;
    if (door->asks == 0)
        return false;
    door->asks--;
    return true;
}

/* Keeps an answer. */
static void say(struct um_inviter *i, const struct um_join_answer *a)
{
    um_buf_clear(&i->answer);
    if (!um_join_answer_put(&i->answer, a))
        i->over = true;
}

static void refuse(struct um_inviter *i, enum um_join_reason reason)
{
    say(i,
        &(struct um_join_answer){.result = UM_JOIN_REFUSED, .reason = reason});
}

void um_inviter_init(struct um_inviter *i, const struct um_inviter_cfg *cfg,
                     uint64_t now_ms)
{
    memset(i, 0, sizeof *i);
    i->node = cfg->node;
    i->door = cfg->door;
    memcpy(i->join.binding, cfg->binding, sizeof i->join.binding);
    i->join.joiner = cfg->joiner;
    i->join.inviter = cfg->me;
    i->join.mesh = cfg->node->roster->mesh;
    um_frames_init(&i->frames, UM__CAP_JOIN_HELLO_BYTES);
    i->deadline_ms = now_ms + UM_INVITER_PATIENCE_MS;
    i->door->asking++;
    if (i->door->asking > UM__CAP_JOIN_ASKING) {
        i->judged = true;
        refuse(i, UM_JOIN_TOO_MANY);
    }
}

void um_inviter_fini(struct um_inviter *i)
{
    assert(i->door->asking > 0);
    i->door->asking--;
    um_frames_fini(&i->frames);
    um_buf_fini(&i->answer);
    um_buf_fini(&i->grant);
}

/* The statements that an answer rests on, dependencies first. */
struct rests {
    const struct um_statement *list[RESTS_MAX];
    size_t n;
};

static bool has(const struct rests *rests, const struct um_statement *s)
{
    for (size_t k = 0; k < rests->n; k++) {
        if (um_name_eq(&rests->list[k]->id, &s->id))
            return true;
    }
    return false;
}

/* Adds what gives a key one of the roles of the mask, and what that rests on:
 * each step is a level up, so `levels` ends it. */
static void add_rests(struct um_roster *r, struct rests *rests,
                      const struct um_name *key, unsigned mask, unsigned levels)
{
    for (size_t k = 0; k < um_roster_count(r) && levels > 0; k++) {
        bool stands;
        const struct um_statement *s = um_roster_at(r, k, &stands);

        if (!stands || s->what != UM_GRANT || (s->roles & mask) == 0 ||
            !um_name_eq(&s->key, key) || has(rests, s))
            continue;
        add_rests(
            r, rests, &s->by,
            (mask & (UM_OWNER | UM_ROOT)) == 0 ? UM_OWNER | UM_ROOT : UM_ROOT,
            levels - 1);
        if (rests->n < RESTS_MAX)
            rests->list[rests->n++] = s;
    }
}

static int put_statement(const struct um_inviter *i, const struct um_name *id,
                         struct um_buf *out)
{
    struct um_buf envelope = UM_BUF_INIT;
    int err = i->node->statement(i->node->user, id, &envelope);

    if (err == 0)
        um_join_statement_put(out, um_buf_view(&envelope));
    if (err == 0 && um_buf_failed(&envelope))
        err = P2P_ENOMEM;
    um_buf_fini(&envelope);
    return err;
}

/* The genesis, what a key's roles of the mask rest on, and what this node's do:
 * without that the joiner would take it for a stranger, and sync with nobody.
 */
static int put_rests(const struct um_inviter *i, const struct um_name *key,
                     unsigned mask, struct um_buf *out)
{
    struct rests rests = {.n = 0};
    int err = put_statement(i, &i->join.mesh, out);

    if (mask != 0) {
        add_rests(i->node->roster, &rests, key, mask, 3);
        add_rests(i->node->roster, &rests, &i->join.inviter,
                  UM_WRITER | UM_NODE, 3);
    }
    for (size_t k = 0; k < rests.n && err == 0; k++)
        err = put_statement(i, &rests.list[k]->id, out);
    return err;
}

/* Keeps an answer with its statements and, if there is one, the invitation's
 * proof. */
static void admit(struct um_inviter *i, enum um_join_result result,
                  const struct um_invite *inv, struct um_buf *statements)
{
    struct um_join_answer a = {.result = result, .proven = inv != NULL};

    if (inv != NULL)
        um_invite_answer(inv, &i->join, a.proof);
    a.statements = um_buf_view(statements);
    if (um_buf_failed(statements))
        i->over = true;
    else
        say(i, &a);
}

/* A key that waits for an owner, or is told again that it does. */
static void put_down(struct um_inviter *i, const struct um_invite *inv)
{
    struct um_buf statements = UM_BUF_INIT;

    if (put_rests(i, &i->join.joiner, 0, &statements) != 0)
        i->over = true;
    else
        admit(i, UM_JOIN_PENDING, inv, &statements);
    um_buf_fini(&statements);
    i->ev.what = UM_INVITER_PENDING;
    i->event = !i->node->waits(i->node->user, &i->join.joiner);
}

/* A key that has its roles already. */
static void welcome_again(struct um_inviter *i, const struct um_invite *inv)
{
    struct um_buf statements = UM_BUF_INIT;

    if (put_rests(i, &i->join.joiner, inv->roles, &statements) != 0)
        i->over = true;
    else
        admit(i, UM_JOIN_WELCOME, inv, &statements);
    um_buf_fini(&statements);
}

/* A new member: the GRANT is signed, and goes to disk with the use. */
static void welcome(struct um_inviter *i, const struct um_invite *inv)
{
    struct um_buf statements = UM_BUF_INIT;
    struct um_statement s;
    int err =
        i->node->grant(i->node->user, &i->join.joiner, inv->roles, &i->grant);

    if (err == 0)
        err = um_statement_open(um_buf_view(&i->grant), &s);
    if (err == 0)
        err = put_rests(i, &s.by, UM_OWNER | UM_ROOT, &statements);
    if (err == 0) {
        um_join_statement_put(&statements, um_buf_view(&i->grant));
        admit(i, UM_JOIN_WELCOME, inv, &statements);
    }
    um_buf_fini(&statements);
    if (err == P2P_EACCES) {
        put_down(i, inv);
        return;
    }
    i->over = i->over || err != 0;
    i->ev.what = UM_INVITER_COUNT;
    i->ev.grant = um_buf_view(&i->grant);
    i->event = true;
}

/* Whether a revocation takes one of the roles from the joiner: then a GRANT
 * would have no effect, and he would only believe that he is in. */
static bool is_revoked(const struct um_inviter *i, unsigned roles)
{
    struct um_roster *r = i->node->roster;

    for (size_t k = 0; k < um_roster_count(r); k++) {
        bool stands;
        const struct um_statement *s = um_roster_at(r, k, &stands);

        if (stands && s->what == UM_REVOKE &&
            um_name_eq(&s->key, &i->join.joiner) &&
            (s->roles == 0 || (s->roles & roles) != 0))
            return true;
    }
    return false;
}

static enum um_join_reason reason_of(int err)
{
    if (err == P2P_EAGAIN)
        return UM_JOIN_TOO_MANY;
    return err == P2P_ETIMEDOUT ? UM_JOIN_EXPIRED : UM_JOIN_USED_UP;
}

/* A Hello with a code. */
static void on_code(struct um_inviter *i, const struct um_join_hello *h,
                    uint64_t wall_ms)
{
    uint8_t proof[UM_INVITE_PROOF_BYTES];
    struct um_invite inv = {.uses = 0};
    bool known = i->node->invite(i->node->user, h->id, &inv);
    unsigned roles = um_roster_roles(i->node->roster, &i->join.joiner);
    struct um_invite after;
    int err;

    um_invite_hello(&inv, &i->join, proof);
    after = inv;
    err = um_invite_take(&after, wall_ms);
    i->ev.coded = true;
    i->ev.roles = inv.roles;
    memcpy(i->ev.id, h->id, sizeof i->ev.id);
    if (!um_invite_equal(proof, h->proof) || !known)
        refuse(i, UM_JOIN_NO_CODE);
    else if (is_revoked(i, inv.roles))
        refuse(i, UM_JOIN_REVOKED);
    else if (inv.roles != 0 && (roles & inv.roles) == inv.roles)
        welcome_again(i, &inv);
    else if (i->node->grant == NULL &&
             i->node->waits(i->node->user, &i->join.joiner))
        put_down(i, &inv);
    else if (err != 0)
        refuse(i, reason_of(err));
    else if (i->node->grant == NULL)
        put_down(i, &inv);
    else
        welcome(i, &inv);
    um_mem_wipe(&inv, sizeof inv);
    um_mem_wipe(&after, sizeof after);
}

/* A Hello without one. */
static void on_bare(struct um_inviter *i, uint64_t now_ms)
{
    const struct um_inviter_node *node = i->node;

    if (!node->open)
        refuse(i, UM_JOIN_CLOSED);
    else if (is_revoked(i, UM_NODE))
        refuse(i, UM_JOIN_REVOKED);
    else if (!node->waits(node->user, &i->join.joiner) &&
             (node->waiting(node->user) >= UM__CAP_JOIN_PENDING ||
              !may_ask(i->door, now_ms)))
        refuse(i, UM_JOIN_TOO_MANY);
    else
        put_down(i, NULL);
}

static void on_hello(struct um_inviter *i, struct um_str frame, uint64_t now_ms,
                     uint64_t wall_ms)
{
    struct um_join_hello h;

    i->judged = true;
    if (um_join_hello_read(frame, &h) != 0) {
        i->over = true;
        return;
    }
    i->ev = (struct um_inviter_ev){.joiner = i->join.joiner};
    if (h.name.len > 0)
        memcpy(i->name, h.name.p, h.name.len);
    i->ev.name = um_str_n(i->name, h.name.len);
    if (h.code)
        on_code(i, &h, wall_ms);
    else
        on_bare(i, now_ms);
    i->event = i->event && !i->over;
}

void um_inviter_rx(struct um_inviter *i, struct um_str *in, uint64_t now_ms,
                   uint64_t wall_ms)
{
    struct um_str frame;
    int got = 0;

    if (!i->judged && !i->over)
        got = um_frames_next(&i->frames, in, &frame);
    if (got < 0)
        i->over = true;
    else if (got == 1)
        on_hello(i, frame, now_ms, wall_ms);
    *in = um_str_skip(*in, in->len);
}

bool um_inviter_next(struct um_inviter *i, struct um_inviter_ev *ev)
{
    if (!i->event)
        return false;
    i->event = false;
    i->store = true;
    *ev = i->ev;
    return true;
}

void um_inviter_stored(struct um_inviter *i, int err)
{
    assert(i->store);
    i->store = false;
    if (err == P2P_ETIMEDOUT || err == P2P_ELIMIT || err == P2P_EAGAIN)
        refuse(i, reason_of(err));
    else if (err != 0)
        i->over = true;
}

int um_inviter_tx(struct um_inviter *i, struct um_buf *out)
{
    if (i->over || i->event || i->store || i->answer.len == 0)
        return 0;
    um_buf_str(out, um_buf_view(&i->answer));
    i->over = true;
    return !um_buf_failed(out);
}

uint64_t um_inviter_deadline(const struct um_inviter *i)
{
    return i->judged || i->over ? UINT64_MAX : i->deadline_ms;
}

void um_inviter_expire(struct um_inviter *i, uint64_t now_ms)
{
    if (!i->judged && now_ms >= i->deadline_ms)
        i->over = true;
}
