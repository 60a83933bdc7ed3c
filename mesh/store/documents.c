/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A document is its hash, so its row needs no checksum: it is hashed when it
 * is written and whenever it is read whole.
 */
#include "mesh/store/documents.h"

#include "mesh/doc/value.h"
#include "mesh/store/blob.h"
#include "p2p/err.h"
#include "p2p/hash.h"

static int find(struct um_store *s, const struct um_name *hash,
                struct um_blob *out)
{
    struct um_query q;
    bool there;

    *out = (struct um_blob){.table = "documents"};
    um_query_init(&q, s, UM_SQL_DOC_FIND);
    um_query_name(&q, 1, hash);
    there = um_query_row(&q);
    if (there) {
        out->place = um_query_num_at(&q, 0);
        out->size = um_query_num_at(&q, 1);
        if (um_query_num_at(&q, 2) != out->size)
            um_query_damaged(&q,
                             "a document has another length than it should");
    }
    return um_query_fini(&q) != 0 ? q.err : there ? 0 : P2P_ENOTFOUND;
}

int um_documents_add(struct um_store *s, const struct um_name *hash,
                     struct um_str bytes)
{
    struct um_blob there;
    struct um_query q;
    struct um_name is;
    int err;

    if (bytes.len > UM__CAP_DOC_BYTES)
        return P2P_ETOOBIG;
    p2p_sha256(bytes.p, bytes.len, is.b);
    if (!um_name_eq(&is, hash))
        return P2P_EINVAL;
    err = find(s, hash, &there);
    if (err != P2P_ENOTFOUND)
        return err == 0 ? P2P_EDUP : err;
    err = um_write_begin(s);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_DOC_ADD);
        um_query_name(&q, 1, hash);
        um_query_num(&q, 2, bytes.len);
        um_query_str(&q, 3, bytes);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

int um_documents_get(struct um_store *s, const struct um_name *hash,
                     struct um_buf *out)
{
    struct um_blob b;
    int err = find(s, hash, &b);

    return err != 0 ? err : um_blob_whole(s, &b, hash, out);
}

int um_documents_part(struct um_store *s, const struct um_name *hash,
                      uint64_t offset, void *out, size_t *len)
{
    struct um_blob b;
    int err = find(s, hash, &b);

    if (err != 0)
        return err;
    if (offset >= b.size)
        *len = 0;
    else if (*len > b.size - offset)
        *len = b.size - offset;
    return um_blob_read(s, &b, offset, out, *len);
}

int um_documents_size(struct um_store *s, const struct um_name *hash,
                      uint64_t *out)
{
    struct um_blob b;
    int err = find(s, hash, &b);

    *out = b.size;
    return err;
}

int um_documents_drop(struct um_store *s, const struct um_name *hash)
{
    return um_query_drop(s, UM_SQL_DOC_DROP, um_query_view(hash));
}

int um_documents_next(struct um_store *s, const struct um_name *after,
                      struct um_name *hash, uint64_t *size)
{
    struct um_query q;
    bool there;

    um_query_init(&q, s, UM_SQL_DOC_NEXT);
    um_query_name(&q, 1, after);
    there = um_query_row(&q);
    if (there) {
        if (size != NULL)
            *size = um_query_num_at(&q, 1);
        um_query_copy_at(&q, 2, hash->b, sizeof hash->b);
    }
    return um_query_fini(&q) != 0 ? q.err : there;
}
