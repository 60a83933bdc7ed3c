/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The node's own row. Two things in it never go back: the seq of what it
 * signed, or others would take its next rows for old ones; and its mesh.
 */
#include "mesh/store/self.h"

#include "mesh/store/query.h"
#include "p2p/err.h"

static void read_ran(struct um_query *q, int i, struct um_self *out)
{
    struct um_str ran = um_query_str_at(q, i);

    if (ran.len % UM_NAME_BYTES != 0 || ran.len > sizeof out->ran) {
        um_query_damaged(q, "the list of revisions that ran");
        return;
    }
    out->ran_n = ran.len / UM_NAME_BYTES;
    if (ran.len > 0)
        memcpy(out->ran, ran.p, ran.len);
}

int um_self_get(struct um_store *s, struct um_self *out)
{
    struct um_query q;

    *out = (struct um_self){0};
    um_query_init(&q, s, UM_SQL_SELF_GET);
    if (um_query_row(&q)) {
        out->row_seq = um_query_num_at(&q, 1);
        um_query_copy_at(&q, 2, out->mesh.b, UM_NAME_BYTES);
        um_query_copy_at(&q, 3, out->applied.b, UM_NAME_BYTES);
        um_query_copy_at(&q, 4, out->effective.b, UM_NAME_BYTES);
        read_ran(&q, 5, out);
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
    if (self->row_seq < was.row_seq || self->row_seq > INT64_MAX ||
        self->ran_n > UM_SELF_RAN ||
        (!um_name_none(&was.mesh) && !um_name_eq(&was.mesh, &self->mesh)))
        return P2P_EINVAL;
    err = um_write_begin(s);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_SELF_PUT);
        um_query_num(&q, 1, self->row_seq);
        um_query_name(&q, 2, &self->mesh);
        um_query_name(&q, 3, &self->applied);
        um_query_name(&q, 4, &self->effective);
        um_query_bytes(&q, 5, self->ran, self->ran_n * UM_NAME_BYTES);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

void um_self_ran(struct um_self *self, const struct um_name *revision)
{
    size_t i = 0;

    while (i < self->ran_n && !um_name_eq(&self->ran[i], revision))
        i++;
    if (i == self->ran_n && self->ran_n < UM_SELF_RAN)
        self->ran_n++;
    if (i == UM_SELF_RAN)
        i--;
    memmove(self->ran + 1, self->ran, i * sizeof self->ran[0]);
    self->ran[0] = *revision;
}
