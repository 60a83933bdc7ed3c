/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A connection: one request, one answer, the end. The happy path: the head
 * comes into a buffer of 1,024 bytes, with as much of the body as came along;
 * a body that does not fit moves to a buffer of exactly its size. So a read
 * may bring more than the body, but only into the first buffer, and Unit takes
 * that for body too. Failure modes: a head that is malformed or too long, an
 * end before the end of the body, a body for which there is no memory.
 */
#include <assert.h>
#include <stdlib.h>

#include "mesh/standin/core.h"
#include "p2p/err.h"

enum { READ_MAX = 65536 };

#define DEFAULT_MEMORY_BYTES (UINT64_C(8) << 30)

/* freeunit lets in root and its own user only. */
static bool let_in(const struct um_standin *s,
                   const struct um_standin_peer *peer)
{
    if (s->cfg.flavour != UM_STANDIN_FREEUNIT && !s->cfg.faults.refuse_uid)
        return true;
    if (!peer->is_unix)
        return true;
    return !s->cfg.faults.refuse_uid &&
           (peer->uid == 0 || peer->uid == s->cfg.own_uid);
}

struct um_standin_conn *um_standin_accept(struct um_standin *s,
                                          const struct um_standin_peer *peer,
                                          const struct um_standin_time *now)
{
    struct um_standin_conn *c;

    (void)now;
    if (!let_in(s, peer) || s->conn_count == UM__CAP_STANDIN_CONNS)
        return NULL;
    c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    c->s = s;
    c->peer = *peer;
    um_slink_init(&c->queue);
    um_slink_init(&c->ready);
    um_slink_append(&s->conns, &c->all);
    s->conn_count++;
    return c;
}

static void conn_free(struct um_standin_conn *c)
{
    assert(c->s->conn_count > 0);
    if (c->s->apply.conn == c)
        c->s->apply.conn = NULL;
    um_slink_remove(&c->all);
    um_slink_remove(&c->queue);
    um_slink_remove(&c->ready);
    c->s->conn_count--;
    um_buf_fini(&c->in);
    um_buf_fini(&c->path);
    um_buf_fini(&c->out);
    free(c);
}

void um_sconn_settle(struct um_standin_conn *c)
{
    assert(c->state != UM_SCONN_WAIT);
    if (c->gone)
        conn_free(c);
}

void um_standin_hangup(struct um_standin_conn *c)
{
    c->gone = true;
    um_slink_remove(&c->ready);
    if (c->state != UM_SCONN_WAIT)
        conn_free(c);
}

static size_t body_have(const struct um_standin_conn *c)
{
    assert(c->in.len >= c->head_len);
    return c->in.len - c->head_len;
}

struct um_str um_sconn_body(const struct um_standin_conn *c)
{
    return um_str_skip(um_buf_view(&c->in), c->head_len);
}

size_t um_standin_room(const struct um_standin_conn *c)
{
    uint64_t left;

    if (c->state != UM_SCONN_HEAD && c->state != UM_SCONN_BODY)
        return 0;
    if (!c->body_apart) {
        assert(c->in.len < UM__CAP_STANDIN_HEAD_BYTES);
        return UM__CAP_STANDIN_HEAD_BYTES - c->in.len;
    }
    left = c->body_len - body_have(c);
    return left < READ_MAX ? (size_t)left : READ_MAX;
}

/* No memory for the body: Unit forgets the connection, freeunit closes it. */
static void out_of_memory(struct um_standin_conn *c)
{
    if (c->s->cfg.flavour == UM_STANDIN_FREEUNIT) {
        um_sreply_nothing(c);
        return;
    }
    um_buf_fini(&c->in);
    c->state = UM_SCONN_MUTE;
}

static enum um_smethod method_of(struct um_str name)
{
    static const struct um_str names[] = {
        UM_STR_INIT("GET"),
        UM_STR_INIT("PUT"),
        UM_STR_INIT("POST"),
        UM_STR_INIT("DELETE"),
    };

    for (int i = 0; i < UM_SMETHOD_OTHER; i++) {
        if (um_str_eq(name, names[i]))
            return (enum um_smethod)i;
    }
    return UM_SMETHOD_OTHER;
}

/* Tells of a request that could change something. */
static void tell(const struct um_standin_conn *c)
{
    static const char *const names[] = {"GET", "PUT", "POST", "DELETE",
                                        "OTHER"};
    const struct um_standin_cfg *cfg = &c->s->cfg;
    struct um_str path = um_buf_view(&c->path);

    if (cfg->asked != NULL && (c->method != UM_SMETHOD_GET ||
                               um_str_starts(path, UM_STR("/control/"))))
        cfg->asked(cfg->asked_user, names[c->method], path, um_sconn_body(c));
}

/* All of the request is there. */
static void complete(struct um_standin_conn *c,
                     const struct um_standin_time *now)
{
    if (c->s->cfg.faults.mute) {
        c->state = UM_SCONN_MUTE;
        return;
    }
    c->state = UM_SCONN_WAIT;
    tell(c);
    um_sdispatch_run(c, now);
}

/* The head is there; the body may be. */
static void begin_body(struct um_standin_conn *c,
                       const struct um_standin_time *now)
{
    uint64_t memory = c->s->cfg.faults.accept_memory_bytes;

    if (memory == 0)
        memory = DEFAULT_MEMORY_BYTES;
    if (body_have(c) >= c->body_len) {
        complete(c, now);
        return;
    }
    c->state = UM_SCONN_BODY;
    c->body_apart =
        c->body_len - body_have(c) > UM__CAP_STANDIN_HEAD_BYTES - c->in.len;
    if (c->body_apart && c->body_len > memory)
        out_of_memory(c);
}

static void rx_head(struct um_standin_conn *c,
                    const struct um_standin_time *now)
{
    struct um_shead head;
    int rc = um_shead_read(um_buf_view(&c->in), true, &head);

    if (rc == P2P_EAGAIN && c->in.len < UM__CAP_STANDIN_HEAD_BYTES)
        return;
    if (rc != 0 || head.body_length_bad) {
        um_sreply_nothing(c);
        return;
    }
    c->head_len = head.length;
    c->body_len = head.body_length;
    c->method = method_of(head.method);
    c->is_get = c->method == UM_SMETHOD_GET;
    um_buf_str(&c->path, head.path);
    if (um_buf_failed(&c->path))
        um_sreply_nothing(c);
    else
        begin_body(c, now);
}

void um_standin_rx(struct um_standin_conn *c, struct um_str bytes,
                   const struct um_standin_time *now)
{
    assert(bytes.len <= um_standin_room(c));
    if (bytes.len == 0)
        return;
    um_buf_str(&c->in, bytes);
    if (um_buf_failed(&c->in)) {
        um_sreply_nothing(c);
    } else if (c->state == UM_SCONN_HEAD) {
        rx_head(c, now);
    } else if (body_have(c) >= c->body_len) {
        complete(c, now);
    } else if (body_have(c) > UM__CAP_STANDIN_BODY_BYTES) {
        out_of_memory(c);
    }
}

void um_standin_eof(struct um_standin_conn *c)
{
    if (c->state == UM_SCONN_HEAD || c->state == UM_SCONN_BODY)
        um_sreply_nothing(c);
}

struct um_standin_conn *um_standin_next(struct um_standin *s)
{
    struct um_standin_conn *c;

    if (um_slink_alone(&s->ready))
        return NULL;
    c = UM_SLINK_OF(s->ready.next, struct um_standin_conn, ready);
    um_slink_remove(&c->ready);
    assert(!c->gone);
    return c;
}

struct um_str um_standin_tx(struct um_standin_conn *c)
{
    struct um_str out = {NULL, 0};

    assert(c->state == UM_SCONN_ANSWER || c->state == UM_SCONN_CLOSED);
    if (c->state == UM_SCONN_ANSWER)
        out = um_buf_view(&c->out);
    c->state = UM_SCONN_DONE;
    um_slink_remove(&c->ready);
    return out;
}

/* A connection that the process takes along when it dies. */
static bool dies(const struct um_standin_conn *c)
{
    return c->state == UM_SCONN_HEAD || c->state == UM_SCONN_BODY ||
           c->state == UM_SCONN_WAIT || c->state == UM_SCONN_MUTE;
}

void um_sconn_cut_all(struct um_standin *s)
{
    struct um_slink *l = s->conns.next;

    while (l != &s->conns) {
        struct um_standin_conn *c = UM_SLINK_OF(l, struct um_standin_conn, all);

        l = l->next;
        if (!dies(c))
            continue;
        um_slink_remove(&c->queue);
        um_sreply_nothing(c);
    }
    assert(um_slink_alone(&s->waiting));
}

void um_standin_set_user(struct um_standin_conn *c, void *user)
{
    c->user = user;
}

void *um_standin_user(const struct um_standin_conn *c)
{
    return c->user;
}
