/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Rows of members. The seq is looked at here too: rows come from gossip and
 * from sync, in any order.
 */
#include "mesh/store/rows.h"

#include "mesh/store/query.h"
#include "mesh/trust/row.h"
#include "p2p/err.h"

/* Whether a row may take its place: 0, P2P_EDUP, P2P_ELIMIT, … */
static int may_put(struct um_store *s, const struct um_kept_row *row)
{
    struct um_query q;
    uint64_t seq = 0;
    uint64_t n = 0;
    bool there;
    int err;

    um_query_init(&q, s, UM_SQL_ROW_SEQ);
    um_query_name(&q, 1, &row->member);
    there = um_query_row(&q);
    if (there)
        seq = um_query_num_at(&q, 1);
    err = um_query_fini(&q);
    if (err == 0 && there)
        return row->seq > seq ? 0 : P2P_EDUP;
    if (err == 0)
        err = um_query_count(s, UM_SQL_ROW_COUNT, &n);
    return err == 0 && n >= UM__CAP_STORE_ROWS ? P2P_ELIMIT : err;
}

int um_rows_put(struct um_store *s, const struct um_kept_row *row)
{
    struct um_query q;
    int err;

    if (row->envelope.len > UM__CAP_ROW_BYTES)
        return P2P_ETOOBIG;
    if (row->seq > INT64_MAX || row->seen_ms > INT64_MAX)
        return P2P_EINVAL;
    err = may_put(s, row);
    if (err != 0)
        return err;
    err = um_write_begin(s);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_ROW_PUT);
        um_query_num(&q, 1, row->seq);
        um_query_num(&q, 2, row->seen_ms);
        um_query_name(&q, 3, &row->member);
        um_query_str(&q, 4, row->envelope);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

int um_rows_next(struct um_store *s, const struct um_name *after,
                 struct um_kept_row *out)
{
    struct um_query q;
    bool there;

    um_query_init(&q, s, UM_SQL_ROW_NEXT);
    um_query_name(&q, 1, after);
    there = um_query_row(&q);
    if (there) {
        out->seq = um_query_num_at(&q, 1);
        out->seen_ms = um_query_num_at(&q, 2);
        um_query_copy_at(&q, 3, out->member.b, UM_NAME_BYTES);
        out->envelope = um_query_lend_at(&q, 4);
    }
    return um_query_fini(&q) != 0 ? q.err : there;
}

int um_rows_drop(struct um_store *s, const struct um_name *member)
{
    return um_query_drop(s, UM_SQL_ROW_DROP, um_query_view(member));
}
