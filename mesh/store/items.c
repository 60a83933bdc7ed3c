/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Items are looked at both ways: an id is the hash of its envelope's payload
 * when it is written and when it is read. The signature was verified before,
 * and is covered by the row's checksum.
 */
#include "mesh/store/items.h"

#include "mesh/store/stored.h"
#include "p2p/err.h"
#include "p2p/hash.h"

bool um_stored_fits(const struct um_stored *item)
{
    struct um_str payload;
    struct um_name id;

    if (item->kind != UM_REVISION && item->kind != UM_FACT &&
        item->kind != UM_STATEMENT)
        return false;
    if (item->envelope.len > UM__CAP_ITEM_BYTES)
        return false;
    payload = um_item_payload(item->envelope, item->kind);
    if (payload.len == 0)
        return false;
    p2p_sha256(payload.p, payload.len, id.b);
    return um_name_eq(&id, &item->id);
}

int um_stored_add(struct um_store *s, enum um_sql which,
                  const struct um_stored *item)
{
    struct um_query q;
    int err = um_write_begin(s);

    if (err == 0) {
        um_query_init(&q, s, which);
        um_query_num(&q, 1, item->kind);
        um_query_num(&q, 2, item->seen_ms);
        um_query_name(&q, 3, &item->id);
        um_query_str(&q, 4, item->envelope);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

int um_stored_read(struct um_query *q, struct um_stored *out)
{
    bool there = um_query_row(q);

    if (!there && q->err != P2P_EFORMAT)
        return um_query_fini(q);
    if (q->stmt == NULL || sqlite3_data_count(q->stmt) == 0)
        return um_query_fini(q);
    out->place = um_query_num_at(q, 1);
    if (!there)
        return um_query_fini(q);
    out->kind = (enum um_kind)um_query_num_at(q, 2);
    out->seen_ms = um_query_num_at(q, 3);
    out->overdue_ms = um_query_num_at(q, 4);
    um_query_copy_at(q, 5, out->id.b, sizeof out->id.b);
    out->envelope = um_query_lend_at(q, 6);
    if (q->err == 0 && !um_stored_fits(out))
        um_query_damaged(q, "an item is not the one that its id names");
    return um_query_fini(q) == 0 ? 1 : q->err;
}

int um_items_add(struct um_store *s, const struct um_stored *item)
{
    int there;

    if (!um_stored_fits(item) || item->seen_ms > INT64_MAX)
        return P2P_EINVAL;
    there = um_items_has(s, &item->id);
    if (there != 0)
        return there > 0 ? P2P_EDUP : there;
    return um_stored_add(s, UM_SQL_ITEM_ADD, item);
}

int um_items_next(struct um_store *s, uint64_t after, struct um_stored *out)
{
    struct um_query q;
    int rv;

    um_query_init(&q, s, UM_SQL_ITEM_NEXT);
    um_query_num(&q, 1, after);
    rv = um_stored_read(&q, out);
    if (rv == 1 && out->place != after + 1)
        rv = um_trouble_set(
            s, UM_STORE_DAMAGED, "damaged: the items %llu to %llu are missing",
            (unsigned long long)after + 1, (unsigned long long)out->place - 1);
    return rv;
}

int um_items_get(struct um_store *s, const struct um_name *id,
                 struct um_stored *out)
{
    struct um_query q;
    int rv;

    um_query_init(&q, s, UM_SQL_ITEM_GET);
    um_query_name(&q, 1, id);
    rv = um_stored_read(&q, out);
    if (rv == 1 && !um_name_eq(&out->id, id))
        return um_trouble_set(s, UM_STORE_DAMAGED,
                              "damaged: an id leads to another item");
    return rv == 1 ? 0 : rv == 0 ? P2P_ENOTFOUND : rv;
}

int um_items_has(struct um_store *s, const struct um_name *id)
{
    return um_query_found(s, UM_SQL_ITEM_HAS, um_query_view(id));
}

int um_items_count(struct um_store *s, uint64_t *out)
{
    return um_query_count(s, UM_SQL_ITEM_LAST, out);
}

int um_items_overdue(struct um_store *s, const struct um_name *id,
                     uint64_t when_ms)
{
    struct um_stored item;
    struct um_query q;
    int err;

    if (when_ms == 0 || when_ms > INT64_MAX)
        return P2P_EINVAL;
    err = um_items_get(s, id, &item);
    if (err == 0 && item.kind != UM_REVISION)
        err = P2P_EINVAL;
    if (err == 0 && item.overdue_ms != 0)
        err = P2P_EDUP;
    if (err != 0)
        return err;
    err = um_write_begin(s);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_ITEM_OVERDUE);
        um_query_name(&q, 1, id);
        um_query_num(&q, 2, when_ms);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}
