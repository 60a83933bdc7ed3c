/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Answers. A clock that was set back makes none older: one from the future
 * counts as new.
 */
#include "mesh/store/answers.h"

#include "mesh/store/query.h"
#include "p2p/err.h"

static bool too_old(uint64_t at_ms, uint64_t now_ms)
{
    return now_ms > UM_STORE_ANSWER_MS && at_ms < now_ms - UM_STORE_ANSWER_MS;
}

static int insert(struct um_store *s, const struct um_answer *answer)
{
    struct um_query q;

    um_query_init(&q, s, UM_SQL_ANSWER_PUT);
    um_query_num(&q, 1, answer->at_ms);
    um_query_num(&q, 2, answer->status);
    um_query_str(&q, 3, answer->key);
    um_query_name(&q, 4, &answer->request);
    um_query_str(&q, 5, answer->bytes);
    return um_query_run(&q);
}

/* Drops what is too old, and what is too much. */
static int trim(struct um_store *s, uint64_t now_ms)
{
    uint64_t oldest =
        now_ms > UM_STORE_ANSWER_MS ? now_ms - UM_STORE_ANSWER_MS : 0;
    struct um_query q;
    int err;

    um_query_init(&q, s, UM_SQL_ANSWER_OLD);
    um_query_num(&q, 1, oldest);
    err = um_query_run(&q);
    if (err != 0)
        return err;
    um_query_init(&q, s, UM_SQL_ANSWER_TRIM);
    um_query_num(&q, 1, UM__CAP_STORE_ANSWERS);
    return um_query_run(&q);
}

int um_answers_put(struct um_store *s, const struct um_answer *answer)
{
    int err;

    if (answer->key.len > UM__CAP_STORE_ANSWER_KEY_BYTES ||
        answer->bytes.len > UM__CAP_STORE_ANSWER_BYTES)
        return P2P_ETOOBIG;
    if (answer->at_ms > INT64_MAX)
        return P2P_EINVAL;
    err = um_write_begin(s);
    if (err == 0)
        err = insert(s, answer);
    if (err == 0)
        err = trim(s, answer->at_ms);
    return um_write_end(s, err);
}

int um_answers_get(struct um_store *s, struct um_str key, uint64_t now_ms,
                   struct um_answer *out)
{
    struct um_query q;
    bool there;

    um_query_init(&q, s, UM_SQL_ANSWER_GET);
    um_query_str(&q, 1, key);
    there = um_query_row(&q);
    if (there) {
        out->at_ms = um_query_num_at(&q, 1);
        out->status = (uint32_t)um_query_num_at(&q, 2);
        um_query_copy_at(&q, 3, out->request.b, UM_NAME_BYTES);
        out->bytes = um_query_lend_at(&q, 4);
    }
    if (um_query_fini(&q) != 0)
        return q.err;
    return there && !too_old(out->at_ms, now_ms) ? 0 : P2P_ENOTFOUND;
}
