/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who waits. A key costs nothing, so who is there stays there: a flood keeps
 * newcomers out until an owner clears it, and removes nobody.
 */
#include "mesh/store/pending.h"

#include "mesh/store/query.h"
#include "mesh/trust/row.h"
#include "p2p/err.h"

int um_pending_put(struct um_store *s, const struct um_pending *pending)
{
    struct um_query q;
    uint64_t n = 0;
    int rv;

    if (pending->name.len > UM__CAP_ROW_NAME_BYTES)
        return P2P_ETOOBIG;
    if (pending->at_ms > INT64_MAX)
        return P2P_EINVAL;
    rv = um_query_found(s, UM_SQL_PENDING_HAS, um_query_view(&pending->key));
    if (rv == 0)
        rv = um_query_count(s, UM_SQL_PENDING_COUNT, &n);
    if (rv == 0 && n >= UM__CAP_STORE_PENDING)
        rv = P2P_ELIMIT;
    if (rv < 0)
        return rv;
    rv = um_write_begin(s);
    if (rv == 0) {
        um_query_init(&q, s, UM_SQL_PENDING_PUT);
        um_query_num(&q, 1, pending->at_ms);
        um_query_name(&q, 2, &pending->key);
        um_query_str(&q, 3, pending->name);
        rv = um_query_run(&q);
    }
    return um_write_end(s, rv);
}

int um_pending_next(struct um_store *s, uint64_t after, struct um_pending *out)
{
    struct um_query q;
    bool there;

    um_query_init(&q, s, UM_SQL_PENDING_NEXT);
    um_query_num(&q, 1, after);
    there = um_query_row(&q);
    if (there) {
        out->place = um_query_num_at(&q, 1);
        out->at_ms = um_query_num_at(&q, 2);
        um_query_copy_at(&q, 3, out->key.b, UM_NAME_BYTES);
        out->name = um_query_lend_at(&q, 4);
    }
    return um_query_fini(&q) != 0 ? q.err : there;
}

int um_pending_drop(struct um_store *s, const struct um_name *key)
{
    return um_query_drop(s, UM_SQL_PENDING_DROP, um_query_view(key));
}
