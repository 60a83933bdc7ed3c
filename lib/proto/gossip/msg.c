/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Messages. The happy path: two blocks of memory, the frame and this record,
 * for as long as anything refers to them. Possible failure modes: no quota or
 * memory, and then the message is as if it had never come.
 */
#include "proto/gossip/msg.h"

#include "base/mem.h"
#include "proto/gossip/topic.h"
#include "wire/varint.h"

int p2p__gossip_ids_of(const struct p2p__gossip *g,
                       const struct p2p__gossip_view *v,
                       struct p2p__gossip_ids *out)
{
    int len = g->cfg.id_fn(g->cfg.id_user, v, out->id);

    if (len <= 0) {
        return P2P_EFORMAT;
    }
    assert((size_t)len <= sizeof out->id);
    out->len = (size_t)len;
    out->alias_len = 0;
    p2p__gossip_fp_of(g, out->id, out->len, &out->fp);
    if (g->cfg.alias_fn == NULL) {
        return 0;
    }
    len = g->cfg.alias_fn(g->cfg.id_user, v, out->alias_id);
    if (len <= 0) {
        return 0;
    }
    assert((size_t)len <= sizeof out->alias_id);
    p2p__gossip_fp_of(g, out->alias_id, (size_t)len, &out->alias);
    if (!p2p__gossip_fp_equal(&out->fp, &out->alias)) {
        out->alias_len = (size_t)len;
    }
    return 0;
}

/* Writes the frame of an RPC that has this Message alone. */
static size_t write_frame(struct p2p__slab *slab, const struct p2p__slice *body)
{
    struct p2p__pbw w;
    size_t mark;

    p2p__pbw_init(&w, slab != NULL ? slab->data : NULL,
                  slab != NULL ? slab->cap : 0);
    mark = p2p__pbw_open_frame(&w);
    p2p__pbw_bytes(&w, P2P__RPC_PUBLISH, body->p, body->len);
    p2p__pbw_close(&w, mark);
    return w.len;
}

/* Moves a part from the received bytes to its place in the slab. */
static void move_part(struct p2p__slice *part, const struct p2p__slice *body,
                      struct p2p__slab *slab)
{
    if (part->len > 0) {
        part->p = slab->data + (slab->cap - body->len) + (part->p - body->p);
    }
    part->slab = slab;
}

/* Fills in the frame; the Message is the end of it. */
static void set_frame(struct p2p__gossip_msg *m, const struct p2p__rpc_msg *in,
                      struct p2p__slab *slab)
{
    size_t len;

    assert(slab != NULL);
    len = write_frame(slab, &in->body);
    assert(len == slab->cap);
    (void)len;
    m->slab = slab;
    m->view = in->view;
    move_part(&m->view.from, &in->body, slab);
    move_part(&m->view.data, &in->body, slab);
    move_part(&m->view.seqno, &in->body, slab);
    move_part(&m->view.topic, &in->body, slab);
    move_part(&m->view.key, &in->body, slab);
    move_part(&m->view.signature, &in->body, slab);
}

static void set_ids(struct p2p__gossip_msg *m,
                    const struct p2p__gossip_ids *ids)
{
    m->fp = ids->fp;
    m->id_len = (uint16_t)ids->len;
    memcpy(m->ids, ids->id, ids->len);
    m->alias_len = (uint16_t)ids->alias_len;
    if (ids->alias_len > 0) {
        m->alias = ids->alias;
        memcpy(m->ids + ids->len, ids->alias_id, ids->alias_len);
    }
}

int p2p__gossip_msg_new(struct p2p__gossip *g, const struct p2p__rpc_msg *in,
                        const struct p2p__gossip_ids *ids,
                        struct p2p__gossip_topic *topic,
                        struct p2p__gossip_msg **out)
{
    size_t own = sizeof(struct p2p__gossip_msg) + ids->len + ids->alias_len;
    size_t frame = write_frame(NULL, &in->body);
    struct p2p__slab *slab;
    struct p2p__gossip_msg *m;

    assert(frame <= P2P__CAP_GOSSIP_FRAME + P2P__VARINT_PB_MAX);
    if (p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, own + frame) != 0) {
        return P2P_ELIMIT;
    }
    slab = p2p__slab_new(frame);
    m = p2p__zalloc(own);
    if (slab == NULL || m == NULL) {
        p2p__slab_unref(slab);
        p2p__free(m);
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, own + frame);
        return P2P_ENOMEM;
    }
    m->refs = 1;
    m->charged = (uint32_t)(own + frame);
    p2p__list_init(&m->in_history);
    p2p__list_init(&m->in_topic);
    p2p__list_init(&m->in_pending);
    set_frame(m, in, slab);
    set_ids(m, ids);
    m->topic = p2p__gossip_topic_ref(topic);
    *out = m;
    return 0;
}

struct p2p__gossip_msg *p2p__gossip_msg_ref(struct p2p__gossip_msg *msg)
{
    assert(msg->refs > 0 && msg->refs < UINT32_MAX);
    msg->refs++;
    return msg;
}

void p2p__gossip_msg_unref(struct p2p__gossip *g, struct p2p__gossip_msg *msg)
{
    struct p2p__gossip_topic *t = msg->topic;

    assert(msg->refs > 0);
    if (--msg->refs > 0) {
        return;
    }
    assert(!msg->listed && !msg->cached && msg->handle == 0);
    p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, msg->charged);
    p2p__slab_unref(msg->slab);
    p2p__free(msg->many);
    p2p__free(msg);
    p2p__gossip_topic_unref(g, t);
}

struct p2p__slice p2p__gossip_msg_id(const struct p2p__gossip_msg *msg,
                                     const struct p2p__gossip_peer *peer)
{
    if (peer->alias_ids && msg->alias_len > 0) {
        return p2p__slice_of(msg->ids + msg->id_len, msg->alias_len);
    }
    return p2p__slice_of(msg->ids, msg->id_len);
}

struct p2p__gossip_who *p2p__gossip_msg_nth(const struct p2p__gossip_msg *msg,
                                            uint32_t n)
{
    union {
        const struct p2p__gossip_who *c;
        struct p2p__gossip_who *m;
    } few = {.c = msg->few};

    assert(n < msg->who_count);
    return msg->many != NULL ? &msg->many[n] : &few.m[n];
}

struct p2p__gossip_who *p2p__gossip_msg_who(const struct p2p__gossip_msg *msg,
                                            uint64_t serial)
{
    for (uint32_t i = 0; i < msg->who_count; i++) {
        struct p2p__gossip_who *w = p2p__gossip_msg_nth(msg, i);

        if (w->serial == serial) {
            return w;
        }
    }
    return NULL;
}

/* Moves the notes to a larger block. */
static int grow(struct p2p__gossip *g, struct p2p__gossip_msg *msg)
{
    uint32_t room =
        msg->many != NULL ? 2 * msg->who_room : 2 * P2P__GOSSIP_WHO_FEW;
    uint32_t more = (room - msg->who_room) * (uint32_t)sizeof *msg->many;
    struct p2p__gossip_who *many;

    if (p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, more) != 0) {
        return P2P_ELIMIT;
    }
    many = p2p__realloc(msg->many, room * sizeof *many);
    if (many == NULL) {
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, more);
        return P2P_ENOMEM;
    }
    if (msg->many == NULL) {
        memcpy(many, msg->few, sizeof msg->few);
    }
    msg->many = many;
    msg->who_room = room;
    msg->charged += more;
    return 0;
}

struct p2p__gossip_who *p2p__gossip_msg_note(struct p2p__gossip *g,
                                             struct p2p__gossip_msg *msg,
                                             uint64_t serial)
{
    uint32_t room = msg->many != NULL ? msg->who_room : P2P__GOSSIP_WHO_FEW;
    struct p2p__gossip_who *w = p2p__gossip_msg_who(msg, serial);

    if (w != NULL) {
        return w;
    }
    if (msg->who_count == room && grow(g, msg) != 0) {
        return NULL;
    }
    msg->who_count++;
    w = p2p__gossip_msg_nth(msg, msg->who_count - 1);
    *w = (struct p2p__gossip_who){.serial = serial};
    return w;
}

bool p2p__gossip_msg_has(const struct p2p__gossip_msg *msg, uint64_t serial)
{
    const struct p2p__gossip_who *w = p2p__gossip_msg_who(msg, serial);

    return w != NULL && w->sent > 0;
}
