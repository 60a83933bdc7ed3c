/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Copies are few and may be large: the bytes have a hash of their own, the rest
 * of the row its checksum.
 */
#include "mesh/store/copies.h"

#include "mesh/doc/value.h"
#include "mesh/store/blob.h"
#include "p2p/err.h"
#include "p2p/hash.h"

static int insert(struct um_store *s, const struct um_copy *copy,
                  struct um_str bytes)
{
    struct um_name hash;
    struct um_query q;

    p2p_sha256(bytes.p, bytes.len, hash.b);
    um_query_init(&q, s, UM_SQL_COPY_ADD);
    um_query_num(&q, 1, copy->at_ms);
    um_query_num(&q, 2, copy->why);
    um_query_num(&q, 3, bytes.len);
    um_query_name(&q, 4, &copy->revision);
    um_query_name(&q, 5, &hash);
    um_query_str(&q, 6, bytes);
    return um_query_run(&q);
}

int um_copies_add(struct um_store *s, const struct um_copy *copy,
                  struct um_str bytes)
{
    struct um_query q;
    int err;

    if (bytes.len > UM__CAP_DOC_BYTES)
        return P2P_ETOOBIG;
    if (copy->at_ms > INT64_MAX)
        return P2P_EINVAL;
    err = um_write_begin(s);
    if (err == 0)
        err = insert(s, copy, bytes);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_COPY_TRIM);
        um_query_num(&q, 1, UM__CAP_STORE_COPIES);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

/* The row of COPY_NEXT or COPY_GET: 1, 0 or the error. */
static int read_row(struct um_store *s, enum um_sql which, uint64_t place,
                    struct um_copy *out)
{
    struct um_query q;
    bool there;

    um_query_init(&q, s, which);
    um_query_num(&q, 1, place);
    there = um_query_row(&q);
    if (there) {
        out->place = um_query_num_at(&q, 1);
        out->at_ms = um_query_num_at(&q, 2);
        out->why = (enum um_copy_why)um_query_num_at(&q, 3);
        out->size = um_query_num_at(&q, 4);
        um_query_copy_at(&q, 5, out->revision.b, UM_NAME_BYTES);
        um_query_copy_at(&q, 6, out->hash.b, UM_NAME_BYTES);
    }
    return um_query_fini(&q) != 0 ? q.err : there;
}

int um_copies_next(struct um_store *s, uint64_t after, struct um_copy *out)
{
    return read_row(s, UM_SQL_COPY_NEXT, after, out);
}

int um_copies_get(struct um_store *s, uint64_t place, struct um_buf *out)
{
    struct um_copy copy;
    int rv = read_row(s, UM_SQL_COPY_GET, place, &copy);
    struct um_blob b;

    if (rv != 1)
        return rv == 0 ? P2P_ENOTFOUND : rv;
    b = (struct um_blob){"copies", copy.place, copy.size};
    return um_blob_whole(s, &b, &copy.hash, out);
}
