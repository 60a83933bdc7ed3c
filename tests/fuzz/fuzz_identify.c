/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The end of identify that listens: the steps of proto_fuzz.h. */
#include <stdlib.h>

#include "proto/identify/reader.h"
#include "proto_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_walks(const struct p2p__identify_info *info)
{
    struct p2p__identify_walk walk;
    struct p2p_multiaddr ma, again;
    struct p2p__slice name;

    p2p__identify_walk_init(&walk, info);
    while (p2p__identify_next_addr(&walk, &ma)) {
        if (ma.len == 0 ||
            p2p_multiaddr_from_bytes(ma.bytes, ma.len, &again) != 0) {
            abort();
        }
    }
    p2p__identify_walk_init(&walk, info);
    while (p2p__identify_next_protocol(&walk, &name)) {
        if (name.len == 0 || name.p < info->message.p ||
            name.p + name.len > info->message.p + info->message.len) {
            abort();
        }
    }
}

static void events(void *core)
{
    struct p2p__identify_reader *r = core;
    const struct p2p__identify_info *info = p2p__identify_reader_next(r);

    if (r->room > (size_t)P2P__CAP_IDENTIFY_MESSAGES *
                      P2P__CAP_IDENTIFY_MESSAGE_BYTES ||
        r->quota->used[P2P__Q_MEMORY] != r->room) {
        abort();
    }
    if (info != NULL) {
        if (info->version.len > P2P__CAP_IDENTIFY_TEXT_BYTES ||
            info->agent.len > P2P__CAP_IDENTIFY_TEXT_BYTES) {
            abort();
        }
        check_walks(info);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char id[] =
        "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X";
    struct p2p__identify_peer peer;
    struct p2p__identify_reader r;
    struct p2p__quota quota;
    struct p2p__identify_reader_cfg cfg = {.peer = &peer, .quota = &quota};
    struct p2p_peer_id self;

    if (p2p_peer_id_from_text(id, sizeof id - 1, &self) != 0) {
        abort();
    }
    p2p__quota_init(&quota, NULL, "stream");
    p2p__identify_peer_init(&peer, &self);
    p2p__identify_reader_init(&r, &cfg, 1);
    proto_fuzz(&p2p__identify_reader_ops, &r, events, data, size);
    p2p__quota_fini(&quota);
    return 0;
}
