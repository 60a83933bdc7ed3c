/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The parts of an RPC out of any bytes. A Message that is accepted has one
 * encoding: writing its parts again gives the same bytes. */
#include <stdlib.h>

#include "proto/gossip/rpc.h"

#define ROOM 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct p2p__pbw *w, const struct p2p__rpc_msg *m, uint32_t num,
                const struct p2p__slice *part)
{
    if (p2p__rpc_msg_has(m, num)) {
        p2p__pbw_bytes(w, num, part->p, part->len);
    } else if (part->len > 0) {
        abort();
    }
}

static void check_message(struct p2p__slice body)
{
    static uint8_t buf[ROOM];
    struct p2p__rpc_msg m;
    struct p2p__pbw w;

    if (body.len > ROOM || p2p__rpc_msg_read(body, &m) != 0) {
        return;
    }
    p2p__pbw_init(&w, buf, sizeof buf);
    put(&w, &m, P2P__RPC_MSG_FROM, &m.view.from);
    put(&w, &m, P2P__RPC_MSG_DATA, &m.view.data);
    put(&w, &m, P2P__RPC_MSG_SEQNO, &m.view.seqno);
    put(&w, &m, P2P__RPC_MSG_TOPIC, &m.view.topic);
    if (w.len != m.signed_len) {
        abort();
    }
    put(&w, &m, P2P__RPC_MSG_SIGNATURE, &m.view.signature);
    put(&w, &m, P2P__RPC_MSG_KEY, &m.view.key);
    p2p__pbw_raw(&w, m.extra.p, m.extra.len);
    if (w.len != body.len || (w.len > 0 && memcmp(buf, body.p, w.len) != 0)) {
        abort();
    }
}

/* Every id lies inside of what it was read from. */
static void check_ids(struct p2p__slice body)
{
    struct p2p__slice id;
    struct p2p__pb r;

    p2p__pb_init(&r, body);
    while (p2p__rpc_id_next(&r, P2P__RPC_IWANT_IDS, &id)) {
        if (id.p < body.p || id.p + id.len > body.p + body.len) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p__rpc_topic topic;
    struct p2p__rpc_sub sub;
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, p2p__slice_of(data, size));
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(P2P__RPC_PUBLISH)) {
            check_message(f.bytes);
        } else {
            (void)p2p__rpc_sub_read(f.bytes, &sub);
            (void)p2p__rpc_topic_read(f.bytes, &topic);
            check_ids(f.bytes);
        }
    }
    check_message(p2p__slice_of(data, size));
    return 0;
}
