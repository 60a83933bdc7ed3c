/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See joiner.h. An answer is looked at in this order: form; the genesis, whose
 * hash is the mesh; that the code names this mesh; that who answers knows the
 * code; that the statements hold in a roster that has nothing else; and that
 * only the owner whom the code names gave us roles. Without a code nothing
 * vouches for the mesh, and the result says so.
 */
#include "mesh/sync/joiner.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

void um_joiner_init(struct um_joiner *j, const struct um_joiner_cfg *cfg,
                    uint64_t now_ms)
{
    memset(j, 0, sizeof *j);
    j->coded = cfg->code != NULL;
    memcpy(j->join.binding, cfg->binding, sizeof j->join.binding);
    j->join.joiner = cfg->me;
    j->join.inviter = cfg->inviter;
    if (j->coded) {
        um_invite_init(&j->invite, cfg->code->secret, cfg->code->mesh);
        memcpy(j->half, cfg->code->mesh, sizeof j->half);
        memcpy(j->join.mesh.b, cfg->code->mesh, sizeof j->half);
        memcpy(j->fingerprint, cfg->code->owner, sizeof j->fingerprint);
    }
    if (cfg->name.len <= sizeof j->name && um_pb_is_text(cfg->name)) {
        j->name_len = cfg->name.len;
        if (cfg->name.len > 0)
            memcpy(j->name, cfg->name.p, cfg->name.len);
    }
    um_frames_init(&j->frames, UM__CAP_JOIN_ANSWER_BYTES);
    j->deadline_ms = now_ms + UM_JOINER_PATIENCE_MS;
}

void um_joiner_fini(struct um_joiner *j)
{
    um_frames_fini(&j->frames);
    um_buf_fini(&j->statements);
    um_mem_wipe(&j->invite, sizeof j->invite);
}

static int broken(struct um_joiner *j, enum um_joiner_wrong wrong)
{
    j->result = UM_JOINER_BROKEN;
    j->wrong = wrong;
    um_buf_fini(&j->statements);
    return 1;
}

int um_joiner_tx(struct um_joiner *j, struct um_buf *out)
{
    struct um_join_hello h = {.code = j->coded,
                              .name = um_str_n(j->name, j->name_len)};

    if (j->said || j->result != UM_JOINER_ASKING)
        return 0;
    if (j->coded) {
        memcpy(h.id, j->invite.id, sizeof h.id);
        um_invite_hello(&j->invite, &j->join, h.proof);
    }
    um_join_hello_put(out, &h);
    if (um_buf_failed(out)) {
        (void)broken(j, UM_JOINER_NO_MEMORY);
        return 0;
    }
    j->said = true;
    return 1;
}

/* Of a roster that has nothing yet, no revision is here. */
static uint64_t no_revision(const void *user, const struct um_name *id)
{
    (void)user;
    (void)id;
    return 0;
}

/* Adds the statements after the genesis to a roster, and notes who gave us
 * roles. */
static enum um_joiner_wrong add_all(struct um_joiner *j, struct um_roster *r,
                                    struct um_str list)
{
    static const struct um_known known = {no_revision, NULL};
    struct um_str envelope;
    struct um_need need;
    uint8_t by[UM_CODE_HALF_BYTES];

    while (um_pb_list_next(&list, &envelope)) {
        struct um_statement s;
        int err = um_statement_open(envelope, &s);

        if (err == 0)
            err = um_roster_add(r, &s, &known, &need);
        if (err == P2P_ENOMEM)
            return UM_JOINER_NO_MEMORY;
        if (err != 0)
            return UM_JOINER_BAD_ROSTER;
        if (s.what != UM_GRANT || !um_name_eq(&s.key, &j->join.joiner))
            continue;
        um_code_fingerprint(&s.by, by);
        if (memcmp(by, j->fingerprint, sizeof by) != 0)
            return UM_JOINER_OTHER_OWNER;
        j->owner = s.by;
    }
    return UM_JOINER_FINE;
}

/* The statements of a welcome, in a roster of their own. */
static enum um_joiner_wrong check_roster(struct um_joiner *j,
                                         struct um_str list)
{
    struct um_roster r;
    enum um_joiner_wrong wrong;

    um_roster_init(&r, &j->mesh);
    wrong = add_all(j, &r, list);
    j->roles = um_roster_roles(&r, &j->join.joiner);
    um_roster_fini(&r);
    if (wrong != UM_JOINER_FINE)
        return wrong;
    return j->roles == 0 ? UM_JOINER_NO_ROLES : UM_JOINER_FINE;
}

/* The first statement: the genesis, whose id is the mesh. */
static enum um_joiner_wrong check_genesis(struct um_joiner *j,
                                          const struct um_join_answer *a)
{
    struct um_str list = a->statements;
    struct um_statement s;
    struct um_str envelope;
    uint8_t proof[UM_INVITE_PROOF_BYTES];
    int err;

    if (!um_pb_list_next(&list, &envelope))
        return UM_JOINER_BAD_GENESIS;
    err = um_statement_open(envelope, &s);
    if (err == P2P_ENOMEM)
        return UM_JOINER_NO_MEMORY;
    if (err != 0 || s.what != UM_GENESIS)
        return UM_JOINER_BAD_GENESIS;
    j->mesh = s.id;
    if (!j->coded)
        return UM_JOINER_FINE;
    if (memcmp(j->mesh.b, j->half, sizeof j->half) != 0)
        return UM_JOINER_OTHER_MESH;
    j->join.mesh = j->mesh;
    um_invite_answer(&j->invite, &j->join, proof);
    if (!a->proven || !um_invite_equal(proof, a->proof))
        return UM_JOINER_BAD_PROOF;
    j->sure = true;
    return UM_JOINER_FINE;
}

static enum um_joiner_wrong check(struct um_joiner *j,
                                  const struct um_join_answer *a)
{
    enum um_joiner_wrong wrong = check_genesis(j, a);
    struct um_str list = a->statements;
    struct um_str genesis;

    if (wrong != UM_JOINER_FINE)
        return wrong;
    if (a->result == UM_JOIN_WELCOME)
        return j->coded ? check_roster(j, list) : UM_JOINER_BAD_PROOF;
    (void)um_pb_list_next(&list, &genesis);
    return list.len == 0 ? UM_JOINER_FINE : UM_JOINER_BAD_ROSTER;
}

static int on_answer(struct um_joiner *j, struct um_str frame)
{
    struct um_join_answer a;
    enum um_joiner_wrong wrong;
    int err = um_join_answer_read(frame, &a);

    if (err != 0)
        return broken(
            j, err == P2P_ENOTSUP ? UM_JOINER_TOO_NEW : UM_JOINER_GARBAGE);
    if (a.result == UM_JOIN_REFUSED) {
        j->result = UM_JOINER_REFUSED;
        j->reason = a.reason;
        return 1;
    }
    wrong = check(j, &a);
    um_buf_str(&j->statements, a.statements);
    if (um_buf_failed(&j->statements))
        wrong = UM_JOINER_NO_MEMORY;
    if (wrong != UM_JOINER_FINE)
        return broken(j, wrong);
    j->result =
        a.result == UM_JOIN_WELCOME ? UM_JOINER_WELCOME : UM_JOINER_PENDING;
    return 1;
}

int um_joiner_rx(struct um_joiner *j, struct um_str *in)
{
    struct um_str frame;
    int got;

    if (j->result != UM_JOINER_ASKING) {
        *in = um_str_skip(*in, in->len);
        return 1;
    }
    got = um_frames_next(&j->frames, in, &frame);
    if (got < 0)
        return broken(
            j, got == P2P_ENOMEM ? UM_JOINER_NO_MEMORY : UM_JOINER_GARBAGE);
    return got == 1 ? on_answer(j, frame) : 0;
}

void um_joiner_closed(struct um_joiner *j)
{
    if (j->result == UM_JOINER_ASKING)
        (void)broken(j, UM_JOINER_SILENT);
}

uint64_t um_joiner_deadline(const struct um_joiner *j)
{
    return j->result == UM_JOINER_ASKING ? j->deadline_ms : UINT64_MAX;
}

void um_joiner_expire(struct um_joiner *j, uint64_t now_ms)
{
    if (now_ms >= j->deadline_ms)
        um_joiner_closed(j);
}

static const char *reason_text(uint64_t reason)
{
    static const char *const texts[UM_JOIN_REASONS] = {
        [UM_JOIN_NO_REASON] = "it was refused",
        [UM_JOIN_NO_CODE] = "the node that was asked knows no such code",
        [UM_JOIN_EXPIRED] = "the code has expired",
        [UM_JOIN_USED_UP] = "the code was used already",
        [UM_JOIN_CLOSED] = "nobody may ask to join there without a code",
        [UM_JOIN_TOO_MANY] = "too many ask to join there now; try again later",
        [UM_JOIN_REVOKED] =
            "this node's key was revoked, which is for ever: for another one, "
            "stop the daemon, remove node.key from its state folder, start it, "
            "and join again",
    };

    return reason < UM_JOIN_REASONS ? texts[reason] : texts[0];
}

const char *um_joiner_text(const struct um_joiner *j)
{
    static const char *const wrongs[] = {
        [UM_JOINER_FINE] = "nothing is wrong",
        [UM_JOINER_SILENT] = "there was no answer",
        [UM_JOINER_GARBAGE] = "the answer is malformed",
        [UM_JOINER_TOO_NEW] = "the answer is of a later version",
        [UM_JOINER_BAD_GENESIS] = "the answer does not begin with a genesis",
        [UM_JOINER_OTHER_MESH] = "the code is for another mesh",
        [UM_JOINER_BAD_PROOF] = "who answered does not know the code",
        [UM_JOINER_BAD_ROSTER] = "the roster in the answer does not hold",
        [UM_JOINER_OTHER_OWNER] =
            "another owner than the code names let this node in",
        [UM_JOINER_NO_ROLES] = "the answer gives this node no role",
        [UM_JOINER_NO_MEMORY] = "out of memory",
    };

    switch (j->result) {
        case UM_JOINER_WELCOME:
            return "this node is a member";
        case UM_JOINER_PENDING:
            return "an owner has to approve this node";
        case UM_JOINER_REFUSED:
            return reason_text(j->reason);
        case UM_JOINER_BROKEN:
            return wrongs[j->wrong];
        default:
            return "there is no answer yet";
    }
}
