/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See msg.h. A message is its type and one nested message, whose fields are
 * numbered anew for each type. Of a field that comes twice the last one
 * counts, as protobuf has it.
 */
#include "proto/rendezvous/msg.h"

/* The length before a request. */
#define FRAME_BYTES 2U

#define FIELD_TYPE 1

/* REGISTER, in a message and in a list of found ones. */
#define FIELD_NS     1
#define FIELD_RECORD 2
#define FIELD_TTL    3

/* Other fields of the nested messages. */
#define FIELD_REGISTERED_STATUS 1
#define FIELD_REGISTERED_TEXT   2
#define FIELD_DISCOVER_LIMIT    2
#define FIELD_DISCOVER_COOKIE   3
#define FIELD_FOUND             1
#define FIELD_FOUND_COOKIE      2
#define FIELD_FOUND_STATUS      3
#define FIELD_FOUND_TEXT        4

/* The field of the nested message of a type. */
static uint32_t field_of(enum p2p__rendezvous_type type)
{
    assert(type <= P2P__RENDEZVOUS_DISCOVERED);
    return (uint32_t)type + 2;
}

/* Where the value of a field of a nested message goes. */
static uint64_t *number_of(struct p2p__rendezvous_msg *m, uint32_t tag)
{
    switch (m->type) {
        case P2P__RENDEZVOUS_REGISTER:
            return tag == P2P__PB_UINT(FIELD_TTL) ? &m->ttl_s : NULL;
        case P2P__RENDEZVOUS_REGISTERED:
            return tag == P2P__PB_UINT(FIELD_TTL)                 ? &m->ttl_s
                   : tag == P2P__PB_UINT(FIELD_REGISTERED_STATUS) ? &m->status
                                                                  : NULL;
        case P2P__RENDEZVOUS_DISCOVER:
            return tag == P2P__PB_UINT(FIELD_DISCOVER_LIMIT) ? &m->limit : NULL;
        case P2P__RENDEZVOUS_DISCOVERED:
            return tag == P2P__PB_UINT(FIELD_FOUND_STATUS) ? &m->status : NULL;
        default:
            return NULL;
    }
}

static struct p2p__slice *bytes_of(struct p2p__rendezvous_msg *m, uint32_t tag)
{
    switch (m->type) {
        case P2P__RENDEZVOUS_REGISTER:
            return tag == P2P__PB_BYTES(FIELD_NS)       ? &m->ns
                   : tag == P2P__PB_BYTES(FIELD_RECORD) ? &m->record
                                                        : NULL;
        case P2P__RENDEZVOUS_REGISTERED:
            return tag == P2P__PB_BYTES(FIELD_REGISTERED_TEXT) ? &m->text
                                                               : NULL;
        case P2P__RENDEZVOUS_UNREGISTER:
            return tag == P2P__PB_BYTES(FIELD_NS) ? &m->ns : NULL;
        case P2P__RENDEZVOUS_DISCOVER:
            return tag == P2P__PB_BYTES(FIELD_NS)                ? &m->ns
                   : tag == P2P__PB_BYTES(FIELD_DISCOVER_COOKIE) ? &m->cookie
                                                                 : NULL;
        default:
            return tag == P2P__PB_BYTES(FIELD_FOUND_COOKIE) ? &m->cookie
                   : tag == P2P__PB_BYTES(FIELD_FOUND_TEXT) ? &m->text
                                                            : NULL;
    }
}

static int read_nested(struct p2p__slice in, struct p2p__rendezvous_msg *m)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        uint64_t *number = number_of(m, f.tag);
        struct p2p__slice *bytes = bytes_of(m, f.tag);

        if (number != NULL) {
            *number = f.value;
        } else if (bytes != NULL) {
            *bytes = f.bytes;
        }
    }
    if (m->type == P2P__RENDEZVOUS_DISCOVERED) {
        m->found = in;
    }
    return r.err;
}

int p2p__rendezvous_msg_read(struct p2p__slice in,
                             struct p2p__rendezvous_msg *msg)
{
    struct p2p__slice nested[P2P__RENDEZVOUS_DISCOVERED + 1] = {{0}};
    uint64_t type = UINT64_MAX;
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        const uint32_t num = f.tag >> 3;

        if (f.tag == P2P__PB_UINT(FIELD_TYPE)) {
            type = f.value;
        } else if (f.tag == P2P__PB_BYTES(num) && num >= field_of(0) &&
                   num - field_of(0) < P2P__COUNT(nested)) {
            nested[num - field_of(0)] = f.bytes;
        }
    }
    *msg = (struct p2p__rendezvous_msg){0};
    if (r.err != 0 || type >= P2P__COUNT(nested)) {
        return P2P_EFORMAT;
    }
    msg->type = (enum p2p__rendezvous_type)type;
    return read_nested(nested[type], msg);
}

static bool is_request(enum p2p__rendezvous_type type)
{
    return type != P2P__RENDEZVOUS_REGISTERED &&
           type != P2P__RENDEZVOUS_DISCOVERED;
}

/* Appends a field unless there is nothing in it. */
static void put_bytes(struct p2p__pbw *w, uint32_t num, struct p2p__slice s)
{
    if (s.len > 0) {
        p2p__pbw_bytes(w, num, s.p, s.len);
    }
}

static void put_uint(struct p2p__pbw *w, uint32_t num, uint64_t v)
{
    if (v > 0) {
        p2p__pbw_uint(w, num, v);
    }
}

static void write_nested(struct p2p__pbw *w,
                         const struct p2p__rendezvous_msg *m)
{
    switch (m->type) {
        case P2P__RENDEZVOUS_REGISTER:
            put_bytes(w, FIELD_NS, m->ns);
            put_bytes(w, FIELD_RECORD, m->record);
            put_uint(w, FIELD_TTL, m->ttl_s);
            break;
        case P2P__RENDEZVOUS_REGISTERED:
            p2p__pbw_uint(w, FIELD_REGISTERED_STATUS, m->status);
            put_bytes(w, FIELD_REGISTERED_TEXT, m->text);
            put_uint(w, FIELD_TTL, m->ttl_s);
            break;
        case P2P__RENDEZVOUS_UNREGISTER:
            put_bytes(w, FIELD_NS, m->ns);
            break;
        case P2P__RENDEZVOUS_DISCOVER:
            put_bytes(w, FIELD_NS, m->ns);
            put_uint(w, FIELD_DISCOVER_LIMIT, m->limit);
            put_bytes(w, FIELD_DISCOVER_COOKIE, m->cookie);
            break;
        case P2P__RENDEZVOUS_DISCOVERED:
            put_bytes(w, FIELD_FOUND_COOKIE, m->cookie);
            p2p__pbw_uint(w, FIELD_FOUND_STATUS, m->status);
            put_bytes(w, FIELD_FOUND_TEXT, m->text);
            break;
    }
}

void p2p__rendezvous_msg_open(struct p2p__pbw *w,
                              enum p2p__rendezvous_type type,
                              struct p2p__rendezvous_open *open)
{
    open->frame = p2p__pbw_open_frame(w);
    p2p__pbw_uint(w, FIELD_TYPE, type);
    open->nested = p2p__pbw_open(w, field_of(type));
}

void p2p__rendezvous_msg_close(struct p2p__pbw *w,
                               const struct p2p__rendezvous_open *open,
                               const struct p2p__rendezvous_msg *msg)
{
    write_nested(w, msg);
    p2p__pbw_close(w, open->nested);
    p2p__pbw_close(w, open->frame);
}

void p2p__rendezvous_msg_write(struct p2p__pbw *w,
                               const struct p2p__rendezvous_msg *msg)
{
    struct p2p__rendezvous_open open;

    p2p__rendezvous_msg_open(w, msg->type, &open);
    p2p__rendezvous_msg_close(w, &open, msg);
}

int p2p__rendezvous_request(const struct p2p__rendezvous_msg *msg,
                            struct p2p__slice *out)
{
    struct p2p__slab *slab =
        p2p__slab_new(P2P__CAP_RENDEZVOUS_REQUEST_BYTES + FRAME_BYTES);
    struct p2p__pbw w;
    int len;

    assert(is_request(msg->type));
    *out = (struct p2p__slice){0};
    if (slab == NULL) {
        return P2P_ENOMEM;
    }
    p2p__pbw_init(&w, slab->data, slab->cap);
    p2p__rendezvous_msg_write(&w, msg);
    len = p2p__pbw_end(&w);
    if (len < 0) {
        p2p__slab_unref(slab);
        return len;
    }
    *out =
        (struct p2p__slice){.p = slab->data, .len = (size_t)len, .slab = slab};
    return 0;
}

int p2p__rendezvous_answer(struct p2p__slice in,
                           enum p2p__rendezvous_type request,
                           struct p2p__rendezvous_msg *msg)
{
    int rv;

    assert(is_request(request));
    *msg = (struct p2p__rendezvous_msg){.type = request};
    if (request == P2P__RENDEZVOUS_UNREGISTER) {
        return in.len == 0 ? 0 : P2P_EPROTO;
    }
    rv = p2p__rendezvous_msg_read(in, msg);
    return rv == 0 && msg->type != request + 1 ? P2P_EPROTO : rv;
}

void p2p__rendezvous_msg_found(struct p2p__pbw *w,
                               const struct p2p__rendezvous_found *one)
{
    const size_t mark = p2p__pbw_open(w, FIELD_FOUND);

    p2p__pbw_bytes(w, FIELD_NS, one->ns.p, one->ns.len);
    p2p__pbw_bytes(w, FIELD_RECORD, one->record.p, one->record.len);
    p2p__pbw_uint(w, FIELD_TTL, one->ttl_s);
    p2p__pbw_close(w, mark);
}

void p2p__rendezvous_walk_init(struct p2p__rendezvous_walk *walk,
                               const struct p2p__rendezvous_msg *msg)
{
    *walk = (struct p2p__rendezvous_walk){0};
    p2p__pb_init(&walk->fields, msg->found);
}

bool p2p__rendezvous_walk_next(struct p2p__rendezvous_walk *walk,
                               struct p2p__rendezvous_found *one)
{
    struct p2p__pb_field f;
    struct p2p__rendezvous_msg m = {.type = P2P__RENDEZVOUS_REGISTER};

    while (walk->seen < P2P__CAP_RENDEZVOUS_PAGE &&
           p2p__pb_next(&walk->fields, &f)) {
        if (f.tag != P2P__PB_BYTES(FIELD_FOUND)) {
            continue;
        }
        walk->seen++;
        if (read_nested(f.bytes, &m) != 0) {
            return false;
        }
        *one = (struct p2p__rendezvous_found){
            .ns = m.ns, .record = m.record, .ttl_s = m.ttl_s};
        return true;
    }
    return false;
}
