/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Invitations. A use is counted on disk before anybody is told that it was
 * taken: a crash may cost a use, and never gives one twice.
 */
#include "mesh/store/invites.h"

#include "mesh/base/mem.h"
#include "mesh/store/query.h"
#include "p2p/err.h"

static int put(struct um_store *s, const struct um_invite *invite)
{
    struct um_query q;
    int err = um_write_begin(s);

    if (err == 0) {
        um_query_init(&q, s, UM_SQL_INVITE_PUT);
        um_query_num(&q, 1, invite->roles);
        um_query_num(&q, 2, invite->expires_ms);
        um_query_num(&q, 3, invite->uses);
        um_query_num(&q, 4, invite->used);
        um_query_bytes(&q, 5, invite->id, sizeof invite->id);
        um_query_bytes(&q, 6, invite->key, sizeof invite->key);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

/* The row of INVITE_GET or INVITE_NEXT: 1, 0, or the error. */
static int read_row(struct um_store *s, enum um_sql which,
                    const uint8_t id[UM_INVITE_ID_BYTES], struct um_invite *out)
{
    struct um_query q;
    bool there;

    um_query_init(&q, s, which);
    um_query_bytes(&q, 1, id, UM_INVITE_ID_BYTES);
    there = um_query_row(&q);
    if (there) {
        out->roles = (uint8_t)um_query_num_at(&q, 1);
        out->expires_ms = um_query_num_at(&q, 2);
        out->uses = (uint32_t)um_query_num_at(&q, 3);
        out->used = (uint32_t)um_query_num_at(&q, 4);
        um_query_copy_at(&q, 5, out->id, sizeof out->id);
        um_query_copy_at(&q, 6, out->key, sizeof out->key);
    }
    return um_query_fini(&q) != 0 ? q.err : there;
}

/* Forgets what nobody can use any more. */
static int trim(struct um_store *s, uint64_t now_ms)
{
    struct um_query q;
    int err = um_write_begin(s);

    if (err == 0) {
        um_query_init(&q, s, UM_SQL_INVITE_TRIM);
        um_query_num(&q, 1, now_ms);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

int um_invites_add(struct um_store *s, const struct um_invite *invite,
                   uint64_t now_ms)
{
    struct um_invite other;
    uint64_t n = 0;
    int err;

    if (invite->expires_ms > INT64_MAX || now_ms > INT64_MAX)
        return P2P_EINVAL;
    err = um_invites_get(s, invite->id, &other);
    um_mem_wipe(&other, sizeof other);
    if (err != P2P_ENOTFOUND)
        return err == 0 ? P2P_EEXIST : err;
    err = um_query_count(s, UM_SQL_INVITE_COUNT, &n);
    if (err == 0 && n >= UM__CAP_STORE_INVITES) {
        err = trim(s, now_ms);
        if (err == 0)
            err = um_query_count(s, UM_SQL_INVITE_COUNT, &n);
    }
    if (err == 0 && n >= UM__CAP_STORE_INVITES)
        err = P2P_ELIMIT;
    return err != 0 ? err : put(s, invite);
}

int um_invites_get(struct um_store *s, const uint8_t id[UM_INVITE_ID_BYTES],
                   struct um_invite *out)
{
    int rv = read_row(s, UM_SQL_INVITE_GET, id, out);

    return rv == 1 ? 0 : rv == 0 ? P2P_ENOTFOUND : rv;
}

int um_invites_take(struct um_store *s, const uint8_t id[UM_INVITE_ID_BYTES],
                    uint64_t now_ms)
{
    struct um_invite invite;
    int err = um_invites_get(s, id, &invite);

    if (err == 0)
        err = um_invite_take(&invite, now_ms);
    if (err == 0)
        err = put(s, &invite);
    um_mem_wipe(&invite, sizeof invite);
    return err;
}

int um_invites_next(struct um_store *s, const uint8_t after[UM_INVITE_ID_BYTES],
                    struct um_invite *out)
{
    return read_row(s, UM_SQL_INVITE_NEXT, after, out);
}

int um_invites_drop(struct um_store *s, const uint8_t id[UM_INVITE_ID_BYTES])
{
    return um_query_drop(s, UM_SQL_INVITE_DROP,
                         um_str_n((const char *)id, UM_INVITE_ID_BYTES));
}
