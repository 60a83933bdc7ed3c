/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See joinmsg.h. Both are canonical protobuf; statements stand as often as
 * there are. A reason that is not known is a refusal all the same.
 */
#include "mesh/sync/joinmsg.h"

#include <assert.h>

#include "p2p/err.h"

enum { V = 1, CODE = 2, HELLO_PROOF = 3, NAME = 4 };
enum { RESULT = 2, ANSWER_PROOF = 3, STATEMENT = 4, REASON = 5 };

/* The version comes first: what a later one says is not looked at. */
static int read_version(struct um_pb *m)
{
    uint64_t v;

    um_pb_num(m, V, UM_PB_NUM_MAX, &v);
    um_pb_need(m, v != 0);
    if (m->err != 0)
        return m->err;
    return v == UM_JOIN_VERSION ? 0 : P2P_ENOTSUP;
}

int um_join_hello_read(struct um_str frame, struct um_join_hello *out)
{
    struct um_pb m;
    int err;

    memset(out, 0, sizeof *out);
    (void)um_pb_read(&m, frame);
    err = read_version(&m);
    if (err != 0)
        return err;
    out->code = um_pb_has(&m, CODE);
    um_pb_exact(&m, CODE, sizeof out->id, out->id);
    um_pb_exact(&m, HELLO_PROOF, sizeof out->proof, out->proof);
    um_pb_text(&m, NAME, UM__CAP_JOIN_NAME_BYTES, &out->name);
    um_pb_need(&m, out->code == um_pb_has(&m, HELLO_PROOF));
    return m.err;
}

void um_join_hello_put(struct um_buf *out, const struct um_join_hello *h)
{
    struct um_buf body = UM_BUF_INIT;

    um_pb_put_num(&body, V, UM_JOIN_VERSION);
    if (h->code) {
        um_pb_put_bytes(&body, CODE, h->id, sizeof h->id);
        um_pb_put_bytes(&body, HELLO_PROOF, h->proof, sizeof h->proof);
    }
    um_pb_put_str(&body, NAME, h->name);
    if (um_buf_failed(&body))
        out->failed = true;
    else
        um_frame_put(out, um_buf_view(&body));
    um_buf_fini(&body);
}

int um_join_answer_read(struct um_str frame, struct um_join_answer *out)
{
    struct um_pb m;
    uint64_t result;
    int err;

    memset(out, 0, sizeof *out);
    (void)um_pb_read_lists(&m, frame, UINT64_C(1) << STATEMENT);
    err = read_version(&m);
    if (err != 0)
        return err;
    um_pb_num(&m, RESULT, UM_JOIN_REFUSED, &result);
    um_pb_need(&m, result != 0);
    out->result = (enum um_join_result)result;
    out->proven = um_pb_has(&m, ANSWER_PROOF);
    um_pb_exact(&m, ANSWER_PROOF, sizeof out->proof, out->proof);
    um_pb_bytes(&m, STATEMENT, UM__CAP_JOIN_ANSWER_BYTES, &out->statements);
    um_pb_num(&m, REASON, UM_PB_NUM_MAX, &out->reason);
    um_pb_need(&m, (result == UM_JOIN_REFUSED) == (out->reason != 0));
    return m.err;
}

bool um_join_answer_put(struct um_buf *out, const struct um_join_answer *a)
{
    struct um_buf body = UM_BUF_INIT;
    bool fine;

    um_pb_put_num(&body, V, UM_JOIN_VERSION);
    um_pb_put_num(&body, RESULT, a->result);
    if (a->proven)
        um_pb_put_bytes(&body, ANSWER_PROOF, a->proof, sizeof a->proof);
    um_buf_str(&body, a->statements);
    um_pb_put_num(&body, REASON, a->reason);
    fine = !um_buf_failed(&body) && body.len <= UM__CAP_JOIN_ANSWER_BYTES;
    if (fine)
        um_frame_put(out, um_buf_view(&body));
    um_buf_fini(&body);
    return fine && !um_buf_failed(out);
}

void um_join_statement_put(struct um_buf *statements, struct um_str envelope)
{
    um_pb_put_str(statements, STATEMENT, envelope);
}
