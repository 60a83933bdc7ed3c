/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Three tables of one row. The mesh is written once: a node whose items are of
 * one mesh and whose name for it is another would take in neither's. What Unit
 * showed may be large, and has a hash of its own.
 */
#include "mesh/store/self.h"

#include "mesh/doc/value.h"
#include "mesh/store/blob.h"
#include "p2p/err.h"
#include "p2p/hash.h"

int um_self_get(struct um_store *s, struct um_self *out)
{
    struct um_query q;

    *out = (struct um_self){0};
    um_query_init(&q, s, UM_SQL_SELF_GET);
    if (um_query_row(&q)) {
        um_query_copy_at(&q, 1, out->mesh.b, UM_NAME_BYTES);
        um_query_copy_at(&q, 2, out->salt, sizeof out->salt);
    }
    return um_query_fini(&q);
}

int um_self_put(struct um_store *s, const struct um_self *self)
{
    struct um_self was;
    struct um_query q;
    int err = um_self_get(s, &was);

    if (err != 0)
        return err;
    if (um_name_none(&self->mesh))
        return P2P_EINVAL;
    if (!um_name_none(&was.mesh))
        return P2P_EEXIST;
    err = um_write_begin(s);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_SELF_PUT);
        um_query_name(&q, 1, &self->mesh);
        um_query_bytes(&q, 2, self->salt, sizeof self->salt);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

int um_self_own_get(struct um_store *s, struct um_str *out)
{
    struct um_query q;

    *out = (struct um_str){0};
    um_query_init(&q, s, UM_SQL_OWN_GET);
    if (um_query_row(&q))
        *out = um_query_lend_at(&q, 1);
    return um_query_fini(&q);
}

int um_self_own_put(struct um_store *s, struct um_str own)
{
    struct um_query q;
    int err;

    if (own.len > UM__CAP_STORE_OWN_BYTES)
        return P2P_ETOOBIG;
    err = um_write_begin(s);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_OWN_PUT);
        um_query_str(&q, 1, own);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

int um_self_shown_get(struct um_store *s, struct um_name *effective,
                      struct um_buf *out)
{
    struct um_blob b = {"shown", 1, 0};
    struct um_name hash;
    struct um_query q;
    bool there;

    *effective = (struct um_name){{0}};
    um_query_init(&q, s, UM_SQL_SHOWN_GET);
    there = um_query_row(&q);
    if (there) {
        b.size = um_query_num_at(&q, 1);
        um_query_copy_at(&q, 2, effective->b, UM_NAME_BYTES);
        um_query_copy_at(&q, 3, hash.b, UM_NAME_BYTES);
    }
    if (um_query_fini(&q) != 0 || !there)
        return q.err;
    return um_blob_whole(s, &b, &hash, out);
}

int um_self_shown_put(struct um_store *s, const struct um_name *effective,
                      struct um_str shown)
{
    struct um_name hash;
    struct um_query q;
    int err;

    if (shown.len > UM__CAP_DOC_BYTES)
        return P2P_ETOOBIG;
    p2p_sha256(shown.p, shown.len, hash.b);
    err = um_write_begin(s);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_SHOWN_PUT);
        um_query_num(&q, 1, shown.len);
        um_query_name(&q, 2, effective);
        um_query_name(&q, 3, &hash);
        um_query_str(&q, 4, shown);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}
