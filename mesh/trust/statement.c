/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See statement.h. What each kind must and may have is a table of field sets;
 * a field of another kind makes a statement malformed, so that nothing is
 * signed that one reader would see and another not.
 */
#include "mesh/trust/statement.h"

#include <assert.h>

#include "p2p/err.h"

enum {
    F_WHAT = 5,
    F_KEY = 6,
    F_ROLES = 7,
    F_KEEP = 8,
    F_STAND = 9,
    F_IDS = 10,
    F_NAME = 11,
    F_VALUE = 12,
    F_SEQ = 13,
    F_WALL = 14,
    F_NONCE = 15,
    F_FIRST = 16,
    F_MESSAGE = 17
};

#define BIT(field) (UINT64_C(1) << (field))
#define ALWAYS     (BIT(F_WHAT) | BIT(F_WALL))
#define FIELDS     (BIT(F_MESSAGE + 1) - BIT(F_WHAT)) /* those known here */

static const struct {
    uint64_t must;
    uint64_t may;
} shapes[] = {
    [UM_GENESIS] = {BIT(F_ROLES) | BIT(F_NONCE) | BIT(F_FIRST),
                    BIT(F_KEY) | BIT(F_NAME)},
    [UM_GRANT] = {BIT(F_KEY) | BIT(F_ROLES), 0},
    [UM_REVOKE] = {BIT(F_KEY), BIT(F_ROLES) | BIT(F_KEEP) | BIT(F_STAND)},
    [UM_SET] = {BIT(F_NAME) | BIT(F_SEQ), BIT(F_KEY) | BIT(F_VALUE)},
    [UM_VOID] = {BIT(F_IDS), 0},
};

/* Whether the fields are those of the kind. */
static void check_shape(struct um_pb *m, const struct um_statement *s)
{
    uint64_t have = m->have & FIELDS;
    uint64_t must;
    uint64_t may;

    if (s->what < UM_GENESIS || s->what > UM_VOID) {
        um_pb_need(m, false);
        return;
    }
    must = shapes[s->what].must | ALWAYS;
    may = must | shapes[s->what].may | BIT(F_MESSAGE);
    um_pb_need(m, (have & must) == must && (have & ~may) == 0);
    um_pb_need(m, (s->what == UM_GENESIS) == um_name_none(&s->mesh));
    if (s->what == UM_GENESIS)
        um_pb_need(m, (s->roles & UM_OWNER) != 0 && (s->roles & UM_ROOT) != 0 &&
                          !um_name_eq(&s->key, &s->by));
}

int um_statement_decode(struct um_item *it, struct um_statement *out)
{
    struct um_pb *m = &it->m;
    uint64_t what;
    uint64_t roles;

    memset(out, 0, sizeof *out);
    out->id = it->id;
    out->mesh = it->mesh;
    out->by = it->by;
    um_pb_num(m, F_WHAT, UM_VOID, &what);
    um_name_read(m, F_KEY, &out->key);
    um_pb_num(m, F_ROLES, UM_ROLES_ALL, &roles);
    um_namelist_read(m, F_KEEP, true, &out->keep);
    um_namelist_read(m, F_STAND, true, &out->stand);
    um_namelist_read(m, F_IDS, true, &out->ids);
    um_pb_text(m, F_NAME, UM__CAP_SET_NAME_BYTES, &out->name);
    um_pb_text(m, F_VALUE, UM__CAP_SET_VALUE_BYTES, &out->value);
    um_pb_num(m, F_SEQ, UM_PB_NUM_MAX, &out->seq);
    um_pb_num(m, F_WALL, UM_PB_NUM_MAX, &out->wall_ms);
    um_pb_exact(m, F_NONCE, sizeof out->nonce, out->nonce);
    um_name_read(m, F_FIRST, &out->first);
    um_pb_text(m, F_MESSAGE, UM__CAP_ITEM_MESSAGE_BYTES, &out->message);
    out->what = (enum um_statement_what)what;
    out->roles = (uint8_t)roles;
    check_shape(m, out);
    return m->err;
}

int um_statement_open(struct um_str envelope, struct um_statement *out)
{
    struct um_item it;
    int err = um_item_open(envelope, UM_STATEMENT, &it);

    return err != 0 ? err : um_statement_decode(&it, out);
}

static void write_payload(const struct um_statement *s, struct um_buf *out)
{
    um_item_begin(out, UM_STATEMENT, &s->mesh, &s->by);
    um_pb_put_num(out, F_WHAT, s->what);
    um_name_put(out, F_KEY, &s->key);
    um_pb_put_num(out, F_ROLES, s->roles);
    um_namelist_put(out, F_KEEP, s->keep);
    um_namelist_put(out, F_STAND, s->stand);
    um_namelist_put(out, F_IDS, s->ids);
    um_pb_put_str(out, F_NAME, s->name);
    um_pb_put_str(out, F_VALUE, s->value);
    um_pb_put_num(out, F_SEQ, s->seq);
    um_pb_put_num(out, F_WALL, s->wall_ms);
    if (s->what == UM_GENESIS)
        um_pb_put_bytes(out, F_NONCE, s->nonce, sizeof s->nonce);
    um_name_put(out, F_FIRST, &s->first);
    um_pb_put_str(out, F_MESSAGE, s->message);
}

static int check(struct um_item *it)
{
    struct um_statement ignored;

    return um_statement_decode(it, &ignored);
}

int um_statement_seal(struct um_statement *s, const struct p2p_key *key,
                      struct um_buf *out)
{
    static const struct um_item_shape shape = {UM_STATEMENT, check};
    struct um_buf payload = UM_BUF_INIT;
    int err = um_item_signer(key, &s->by);

    if (err != 0)
        return err;
    write_payload(s, &payload);
    return um_item_sign(&shape, &payload, key, out, &s->id);
}

int um_statement_plan(const struct um_statement *s, struct um_buf *out)
{
    struct um_buf payload = UM_BUF_INIT;
    struct um_item it;
    int err;

    assert(!um_name_none(&s->by)); /* who signs puts himself there */
    write_payload(s, &payload);
    err = um_buf_failed(&payload)
              ? P2P_ENOMEM
              : um_item_read(um_buf_view(&payload), UM_STATEMENT, &it);
    if (err == 0)
        err = check(&it);
    if (err == 0) {
        um_buf_str(out, um_buf_view(&payload));
        err = um_buf_failed(out) ? P2P_ENOMEM : 0;
    }
    um_buf_fini(&payload);
    return err == 0 || err == P2P_ENOMEM ? err : P2P_EINVAL;
}
