/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Items aside: as the others, but a table of their own, which has an end. What
 * came first stays: a flood does not push an honest item out.
 */
#include "mesh/store/aside.h"

#include "mesh/store/stored.h"
#include "p2p/err.h"

int um_aside_add(struct um_store *s, const struct um_stored *item)
{
    uint64_t n;
    int rv;

    if (!um_stored_fits(item) || item->seen_ms > INT64_MAX)
        return P2P_EINVAL;
    rv = um_query_found(s, UM_SQL_ASIDE_HAS, um_query_view(&item->id));
    if (rv != 0)
        return rv > 0 ? P2P_EDUP : rv;
    rv = um_query_count(s, UM_SQL_ASIDE_COUNT, &n);
    if (rv == 0 && n >= UM__CAP_STORE_ASIDE)
        rv = P2P_ELIMIT;
    return rv != 0 ? rv : um_stored_add(s, UM_SQL_ASIDE_ADD, item);
}

int um_aside_next(struct um_store *s, uint64_t after, struct um_stored *out)
{
    struct um_query q;

    um_query_init(&q, s, UM_SQL_ASIDE_NEXT);
    um_query_num(&q, 1, after);
    return um_stored_read(&q, out);
}

int um_aside_drop(struct um_store *s, const struct um_name *id)
{
    return um_query_drop(s, UM_SQL_ASIDE_DROP, um_query_view(id));
}
