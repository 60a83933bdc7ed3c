/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The side of a session that answers: see session.h. Requests stand in a ring,
 * in the order in which they came, and are answered in that order, a frame at a
 * time. An answer that takes several frames goes on where it was: at the name,
 * or at the place in the set, whose order never changes.
 */
#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/sync/state.h"
#include "p2p/err.h"

/* Room for tags and lengths in a frame beside its lists. */
enum { SLACK = 64 };

/* Names in one frame of Ids: a quarter of a mebibyte. */
enum { IDS_IN_FRAME = 8192 };

static struct um_sync_ask *head(struct um_sync *s)
{
    assert(s->asks_n > 0);
    return &s->asks[s->asks_at];
}

static void pop(struct um_sync *s)
{
    um_mem_free(head(s)->names);
    head(s)->names = NULL;
    s->asks_at = (s->asks_at + 1) % UM__CAP_SYNC_REQUESTS;
    s->asks_n--;
}

static void free_rows(struct um_sync *s)
{
    um_mem_free(s->rows);
    s->rows = NULL;
    s->rows_n = 0;
    s->rows_at = 0;
}

void um_sync_serve_fini(struct um_sync *s)
{
    while (s->asks_n > 0)
        pop(s);
    free_rows(s);
}

/* Keeps the names of a Want. */
static bool keep_names(struct um_sync_ask *ask, struct um_namelist names)
{
    if (names.n == 0)
        return true;
    ask->names = um_mem_alloc(names.n * sizeof *ask->names);
    if (ask->names == NULL)
        return false;
    memcpy(ask->names, names.p, names.n * sizeof *ask->names);
    ask->names_n = names.n;
    return true;
}

void um_sync_asked(struct um_sync *s, const struct um_sync_msg *m)
{
    struct um_sync_ask *ask;

    if (s->asks_n == UM__CAP_SYNC_REQUESTS) {
        um_sync_end(s, UM_SYNC_FLOOD);
        return;
    }
    ask = &s->asks[(s->asks_at + s->asks_n) % UM__CAP_SYNC_REQUESTS];
    *ask = (struct um_sync_ask){
        .what = m->what == 0 ? UM_SYNC_SORRY : m->what,
        .set = m->set,
        .hash = m->hash,
        .number = m->what == UM_SYNC_DOC_WANT ? m->offset : m->number,
        .most = m->size};
    for (size_t i = 0; i < m->buckets.len; i++)
        ask->buckets[(uint8_t)m->buckets.p[i]] = true;
    if (!keep_names(ask, m->names))
        um_sync_end(s, UM_SYNC_NO_MEMORY);
    else
        s->asks_n++;
}

static void answer_buckets(struct um_sync *s, const struct um_sync_ask *ask,
                           struct um_buf *out)
{
    struct um_sync_msg m = {.what = UM_SYNC_BUCKETS_ARE, .set = ask->set};

    m.names = (struct um_namelist){
        um_digest_buckets(um_sync_digest(s, ask->set)), UM_SYNC_BUCKETS};
    um_sync_write(out, &m);
    pop(s);
}

/* The next place of the set that lies in one of the buckets. */
static size_t next_place(const struct um_digest *d,
                         const struct um_sync_ask *ask, size_t at)
{
    while (at < um_digest_count(d) && !ask->buckets[um_digest_at(d, at)->b[0]])
        at++;
    return at;
}

static void answer_ids(struct um_sync *s, struct um_sync_ask *ask,
                       struct um_buf *out)
{
    const struct um_digest *d = um_sync_digest(s, ask->set);
    struct um_sync_msg m = {.what = UM_SYNC_IDS, .set = ask->set};
    struct um_buf names = UM_BUF_INIT;
    size_t at = next_place(d, ask, ask->at);

    while (at < um_digest_count(d) &&
           names.len < IDS_IN_FRAME * UM_NAME_BYTES && names.len < s->most) {
        um_buf_add(&names, um_digest_at(d, at)->b, UM_NAME_BYTES);
        at = next_place(d, ask, at + 1);
    }
    m.names = (struct um_namelist){(const struct um_name *)names.p,
                                   names.len / UM_NAME_BYTES};
    m.more = at < um_digest_count(d);
    ask->at = at;
    um_sync_write(out, &m);
    out->failed = out->failed || um_buf_failed(&names);
    um_buf_fini(&names);
    if (!m.more)
        pop(s);
}

/* One item of a Want to the run, or its name to those that are not here. */
static int add_item(const struct um_sync *s, const struct um_sync_ask *ask,
                    struct um_buf *run, struct um_buf *gone)
{
    const struct um_name *id = &ask->names[ask->at];
    struct um_buf item = UM_BUF_INIT;
    int err = s->source->item(s->source->user, ask->set, id, &item);

    if (um_buf_failed(&item))
        err = P2P_ENOMEM;
    if (err == 0 && (item.len == 0 || item.len > UM__CAP_ITEM_BYTES))
        err = P2P_EIO;
    if (err == 0) {
        um_pb_put_str(run, um_sync_envelope_field(UM_SYNC_ITEMS),
                      um_buf_view(&item));
    } else if (err == P2P_ENOTFOUND &&
               !um_digest_has(um_sync_digest(s, ask->set), id)) {
        um_buf_add(gone, id->b, UM_NAME_BYTES);
        err = 0;
    }
    um_buf_fini(&item);
    return err;
}

static void end_for(struct um_sync *s, int err)
{
    um_sync_end(s, err == P2P_ENOMEM ? UM_SYNC_NO_MEMORY : UM_SYNC_NO_SOURCE);
}

static void answer_items(struct um_sync *s, struct um_sync_ask *ask,
                         struct um_buf *out)
{
    struct um_sync_msg m = {.what = UM_SYNC_ITEMS, .set = ask->set};
    struct um_buf run = UM_BUF_INIT;
    struct um_buf gone = UM_BUF_INIT;
    int err = 0;

    while (err == 0 && ask->at < ask->names_n && run.len < s->most &&
           run.len + gone.len + UM__CAP_ITEM_BYTES + SLACK <=
               UM__CAP_SYNC_FRAME_BYTES) {
        err = add_item(s, ask, &run, &gone);
        ask->at++;
    }
    if (err == 0) {
        m.envelopes = um_buf_view(&run);
        m.names = (struct um_namelist){(const struct um_name *)gone.p,
                                       gone.len / UM_NAME_BYTES};
        um_sync_write(out, &m);
        out->failed =
            out->failed || um_buf_failed(&run) || um_buf_failed(&gone);
        if (ask->at == ask->names_n)
            pop(s);
    } else {
        end_for(s, err);
    }
    um_buf_fini(&run);
    um_buf_fini(&gone);
}

static void answer_document(struct um_sync *s, const struct um_sync_ask *ask,
                            struct um_buf *out)
{
    const uint64_t most = ask->most > 0 && ask->most < UM__CAP_SYNC_PART_BYTES
                              ? ask->most
                              : UM__CAP_SYNC_PART_BYTES;
    struct um_sync_msg m = {.what = UM_SYNC_DOC,
                            .hash = ask->hash,
                            .offset = ask->number,
                            .size = most};
    struct um_buf part = UM_BUF_INIT;
    int err = s->source->document(s->source->user, &ask->hash, ask->number,
                                  &part, &m.size);

    if (err == P2P_ENOTFOUND) {
        m.size = 0;
        um_buf_clear(&part);
        err = 0;
    }
    if (err == 0 && (um_buf_failed(&part) || part.len > most))
        err = um_buf_failed(&part) ? P2P_ENOMEM : P2P_EIO;
    if (err == 0) {
        m.bytes = um_buf_view(&part);
        um_sync_write(out, &m);
        pop(s);
    } else {
        end_for(s, err);
    }
    um_buf_fini(&part);
}

static void answer_slot(struct um_sync *s, const struct um_sync_ask *ask,
                        struct um_buf *out)
{
    const struct um_sync_source *source = s->source;
    uint8_t slot[UM_SEALED_SLOT_BYTES];
    struct um_sync_msg m = {.what = UM_SYNC_SLOT, .hash = ask->hash};
    int err = P2P_ENOTFOUND;

    if (source->slot != NULL)
        err = source->slot(source->user, &ask->hash, &s->peer, slot);
    if (err == 0)
        m.bytes = um_str_n((const char *)slot, sizeof slot);
    if (err != 0 && err != P2P_ENOTFOUND) {
        end_for(s, err);
        return;
    }
    um_sync_write(out, &m);
    pop(s);
}

static void answer_sorry(struct um_sync *s, const struct um_sync_ask *ask,
                         struct um_buf *out)
{
    struct um_sync_msg m = {.what = UM_SYNC_SORRY,
                            .number = ask->number,
                            .text = UM_STR("this node knows no such message")};

    um_sync_write(out, &m);
    pop(s);
}

bool um_sync_answer(struct um_sync *s, struct um_buf *out)
{
    struct um_sync_ask *ask;

    if (s->asks_n == 0)
        return false;
    ask = head(s);
    switch (ask->what) {
        case UM_SYNC_BUCKETS_WANT:
            answer_buckets(s, ask, out);
            break;
        case UM_SYNC_IDS_WANT:
            answer_ids(s, ask, out);
            break;
        case UM_SYNC_WANT:
            answer_items(s, ask, out);
            break;
        case UM_SYNC_DOC_WANT:
            answer_document(s, ask, out);
            break;
        case UM_SYNC_SLOT_WANT:
            answer_slot(s, ask, out);
            break;
        default:
            answer_sorry(s, ask, out);
            break;
    }
    return !um_sync_over(s);
}

void um_sync_hello(struct um_sync *s, struct um_buf *out)
{
    struct um_sync_msg m = {
        .what = UM_SYNC_HELLO, .version = UM_SYNC_VERSION, .mesh = s->mesh};
    struct um_buf rows = UM_BUF_INIT;
    struct um_name member;
    uint64_t seq;

    for (unsigned i = 0; i < UM_SYNC_SETS; i++)
        m.roots[i] = um_digest_root(s->source->digests[i]);
    for (size_t i = 0; i < UM__CAP_SYNC_ROWS &&
                       s->source->row_at(s->source->user, i, &member, &seq);
         i++)
        um_sync_row_put(&rows, &member, seq);
    m.rows = um_buf_view(&rows);
    um_sync_write(out, &m);
    out->failed = out->failed || um_buf_failed(&rows);
    um_buf_fini(&rows);
    s->hello_open = !s->owe_hello;
    if (s->hello_open && s->requests_n == 0)
        s->answer_ms = s->now_ms;
    s->owe_hello = false;
    s->begin = false;
    s->taken = 0;
    /* those of the last round may still be on their way */
    s->rows_allowed =
        s->rows_allowed > 0 ? 2 * UM__CAP_SYNC_ROWS : UM__CAP_SYNC_ROWS;
}

/* Whether the peer has no row of a member, or an older one; *at is where its
 * list is looked at next: both ascend. */
static bool lacks(struct um_str theirs, size_t *at,
                  const struct um_name *member, uint64_t seq)
{
    struct um_name name;

    for (; *at < um_sync_rows_n(theirs); (*at)++) {
        uint64_t has = um_sync_row_at(theirs, *at, &name);
        int cmp = um_name_cmp(&name, member);

        if (cmp == 0)
            return has < seq;
        if (cmp > 0)
            break;
    }
    return true;
}

void um_sync_plan_rows(struct um_sync *s, struct um_str theirs)
{
    struct um_buf names = UM_BUF_INIT;
    struct um_name member;
    uint64_t seq;
    size_t at = 0;

    for (size_t i = 0; i < UM__CAP_SYNC_ROWS &&
                       s->source->row_at(s->source->user, i, &member, &seq);
         i++) {
        if (lacks(theirs, &at, &member, seq))
            um_buf_add(&names, member.b, UM_NAME_BYTES);
    }
    if (um_buf_failed(&names))
        um_sync_end(s, UM_SYNC_NO_MEMORY);
    free_rows(s);
    s->rows = (struct um_name *)names.p; /* takes it */
    s->rows_n = names.len / UM_NAME_BYTES;
}

bool um_sync_send_rows(struct um_sync *s, struct um_buf *out)
{
    struct um_sync_msg m = {.what = UM_SYNC_ROWS};
    struct um_buf run = UM_BUF_INIT;
    struct um_buf row = UM_BUF_INIT;
    int err = 0;

    while (err == 0 && s->rows_at < s->rows_n && run.len < s->most &&
           run.len + UM__CAP_ROW_BYTES + SLACK <= UM__CAP_SYNC_PART_BYTES) {
        um_buf_clear(&row);
        err = s->source->row(s->source->user, &s->rows[s->rows_at++], &row);
        if (err == 0)
            um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ROWS),
                          um_buf_view(&row));
        err = err == P2P_ENOTFOUND ? 0 : err;
    }
    m.envelopes = um_buf_view(&run);
    if (err != 0 || um_buf_failed(&row))
        end_for(s, err != 0 ? err : P2P_ENOMEM);
    else if (run.len > 0)
        um_sync_write(out, &m);
    out->failed = out->failed || um_buf_failed(&run);
    um_buf_fini(&row);
    um_buf_fini(&run);
    if (s->rows_at == s->rows_n)
        free_rows(s);
    return m.envelopes.len > 0;
}
