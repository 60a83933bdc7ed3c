/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Refused attempts: read all at the start, then asked in memory. A long text is
 * cut before a character's first byte, never in it.
 */
#include "mesh/store/attempts.h"

#include "mesh/store/query.h"
#include "p2p/err.h"

static struct um_str cut(struct um_str text)
{
    size_t n = UM__CAP_STORE_ATTEMPT_BYTES;

    if (text.len <= n)
        return text;
    while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    return um_str_head(text, n);
}

int um_attempts_put(struct um_store *s, const struct um_attempt *attempt)
{
    struct um_query q;
    int err;

    if (attempt->at_ms > INT64_MAX)
        return P2P_EINVAL;
    err = um_write_begin(s);
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_ATTEMPT_PUT);
        um_query_num(&q, 1, attempt->at_ms);
        um_query_num(&q, 2, attempt->status);
        um_query_name(&q, 3, &attempt->revision);
        um_query_name(&q, 4, &attempt->effective);
        um_query_str(&q, 5, cut(attempt->text));
        err = um_query_run(&q);
    }
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_ATTEMPT_TRIM);
        um_query_num(&q, 1, UM__CAP_STORE_ATTEMPTS);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}

int um_attempts_next(struct um_store *s, uint64_t after, struct um_attempt *out)
{
    struct um_query q;
    bool there;

    um_query_init(&q, s, UM_SQL_ATTEMPT_NEXT);
    um_query_num(&q, 1, after);
    there = um_query_row(&q);
    if (there) {
        out->place = um_query_num_at(&q, 1);
        out->at_ms = um_query_num_at(&q, 2);
        out->status = (uint32_t)um_query_num_at(&q, 3);
        um_query_copy_at(&q, 4, out->revision.b, UM_NAME_BYTES);
        um_query_copy_at(&q, 5, out->effective.b, UM_NAME_BYTES);
        out->text = um_query_lend_at(&q, 6);
    }
    return um_query_fini(&q) != 0 ? q.err : there;
}

int um_attempts_clear(struct um_store *s)
{
    struct um_query q;
    int err = um_write_begin(s);

    if (err == 0) {
        um_query_init(&q, s, UM_SQL_ATTEMPT_CLEAR);
        err = um_query_run(&q);
    }
    return um_write_end(s, err);
}
