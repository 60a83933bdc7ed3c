/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See dump.h. A record is a frame with one field in it. The last one has how
 * many there were, and a hash over the hashes of all: so a file that was cut
 * off, or glued together, is none.
 */
#include "mesh/sync/dump.h"

#include <assert.h>
#include <string.h>

#include "p2p/err.h"
#include "p2p/hash.h"

#define VERSION 1U

enum { F_V = 1, F_MESH = 2, F_WALL = 3 }; /* of BEGIN */
enum { F_COUNT = 1, F_CHAIN = 2 };        /* of END */

/* One record more. */
static void count(struct um_dump_sum *s, struct um_str message)
{
    struct um_name both[2] = {s->chain};

    assert(message.len > 0 && s->n < UM_PB_NUM_MAX);
    p2p_sha256(message.p, message.len, both[1].b);
    p2p_sha256(both, sizeof both, s->chain.b);
    s->n++;
}

/* Writes a record of one field. */
static int put(struct um_dump_sum *w, enum um_dump_what what,
               struct um_str bytes, struct um_buf *out)
{
    struct um_buf message = UM_BUF_INIT;
    int err;

    um_pb_put_str(&message, what, bytes);
    err = um_buf_failed(&message)                   ? P2P_ENOMEM
          : message.len == 0                        ? P2P_EINVAL
          : message.len > UM__CAP_DUMP_RECORD_BYTES ? P2P_ETOOBIG
                                                    : 0;
    if (err == 0) {
        um_frame_put(out, um_buf_view(&message));
        if (what != UM_DUMP_END)
            count(w, um_buf_view(&message));
        err = um_buf_failed(out) ? P2P_ENOMEM : 0;
    }
    um_buf_fini(&message);
    return err;
}

void um_dump_begin(struct um_dump_sum *w, const struct um_name *mesh,
                   uint64_t wall_ms, struct um_buf *out)
{
    struct um_buf b = UM_BUF_INIT;

    *w = (struct um_dump_sum){.n = 0};
    um_pb_put_num(&b, F_V, VERSION);
    um_name_put(&b, F_MESH, mesh);
    um_pb_put_num(&b, F_WALL, wall_ms);
    out->failed |= put(w, UM_DUMP_BEGIN, um_buf_view(&b), out) != 0;
    um_buf_fini(&b);
}

int um_dump_add(struct um_dump_sum *w, enum um_dump_what what,
                struct um_str bytes, struct um_buf *out)
{
    assert(what > UM_DUMP_BEGIN && what < UM_DUMP_END);
    return put(w, what, bytes, out);
}

void um_dump_end(struct um_dump_sum *w, struct um_buf *out)
{
    struct um_buf b = UM_BUF_INIT;

    um_pb_put_num(&b, F_COUNT, w->n);
    um_pb_put_bytes(&b, F_CHAIN, w->chain.b, sizeof w->chain.b);
    out->failed |= put(w, UM_DUMP_END, um_buf_view(&b), out) != 0;
    um_buf_fini(&b);
}

/* ---- reading */

void um_dump_open(struct um_dump *r)
{
    *r = (struct um_dump){.begun = false};
    um_frames_init(&r->frames, UM__CAP_DUMP_RECORD_BYTES);
}

void um_dump_fini(struct um_dump *r)
{
    um_frames_fini(&r->frames);
}

bool um_dump_whole(const struct um_dump *r)
{
    return r->ended && !um_frames_half(&r->frames);
}

static int read_begin(struct um_str bytes, struct um_dump_record *out)
{
    struct um_pb m;
    uint64_t v;

    if (um_pb_read(&m, bytes) != 0)
        return P2P_EFORMAT;
    um_pb_num(&m, F_V, UM_PB_NUM_MAX, &v);
    if (m.err == 0 && v > VERSION)
        return P2P_ENOTSUP;
    um_name_read(&m, F_MESH, &out->mesh);
    um_pb_num(&m, F_WALL, UM_PB_NUM_MAX, &out->wall_ms);
    um_pb_need(&m, v == VERSION && um_pb_has(&m, F_MESH));
    return m.err;
}

/* Whether the end is that of what was read. */
static int read_end(const struct um_dump *r, struct um_str bytes)
{
    struct um_name chain;
    struct um_pb m;
    uint64_t n;

    if (um_pb_read(&m, bytes) != 0)
        return P2P_EFORMAT;
    um_pb_num(&m, F_COUNT, UM_PB_NUM_MAX, &n);
    um_pb_exact(&m, F_CHAIN, sizeof chain.b, chain.b);
    um_pb_need(&m, n == r->sum.n && um_name_eq(&chain, &r->sum.chain));
    return m.err;
}

/* Reads a record. */
static int read_record(struct um_dump *r, struct um_str message,
                       struct um_dump_record *out)
{
    struct um_str rest = message;
    struct um_pb_field f;
    int err = 0;

    if (r->ended || !um_pb_take(&rest, &f) || rest.len > 0 || !f.bytes ||
        f.number > UM_DUMP_END || f.str.len == 0 ||
        r->begun != (f.number != UM_DUMP_BEGIN))
        return P2P_EFORMAT;
    *out = (struct um_dump_record){.what = (enum um_dump_what)f.number,
                                   .bytes = f.str};
    if (out->what == UM_DUMP_BEGIN)
        err = read_begin(f.str, out);
    if (out->what == UM_DUMP_END)
        err = read_end(r, f.str);
    r->begun = true;
    r->ended = out->what == UM_DUMP_END;
    if (err == 0 && !r->ended)
        count(&r->sum, message);
    return err == 0 ? 1 : err;
}

int um_dump_next(struct um_dump *r, struct um_str *in,
                 struct um_dump_record *out)
{
    struct um_str message;
    int got;

    assert(r->begun || r->sum.n == 0);
    got = um_frames_next(&r->frames, in, &message);

    return got == 1 ? read_record(r, message, out) : got;
}
