/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See pcp.h. Whatever is not as the RFC has it is refused; options are looked
 * at for their lengths alone, since we ask for none. */
#include "proto/portmap/pcp.h"

#define VERSION     2U
#define ANSWER      0x80U /* the bit that tells an answer from a request */
#define OP_ANNOUNCE 0U
#define OP_MAP      1U
#define HEAD_BYTES  24U
#define OPTION_HEAD 4U
#define PROTO_TCP   6U
#define PROTO_UDP   17U

/* What NAT-PMP tells all: version 0, its address. */
#define NATPMP_BYTES 12U

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, (uint16_t)(v >> 16));
    put16(p + 2, (uint16_t)v);
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* An address as PCP has it: one of IPv6, with IPv4 inside; none is that of
 * all zeros of IPv4. */
static void put_ip(uint8_t *p, const struct p2p__addr *a)
{
    if (a->family == 6) {
        memcpy(p, a->ip, 16);
        return;
    }
    memset(p, 0, 10);
    memset(p + 10, 0xff, 2);
    memcpy(p + 12, a->ip, 4);
}

static void get_ip(const uint8_t *p, struct p2p__addr *a)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    *a = (struct p2p__addr){.family = 6};
    if (memcmp(p, mapped, sizeof mapped) == 0) {
        a->family = 4;
        memcpy(a->ip, p + 12, 4);
    } else {
        memcpy(a->ip, p, 16);
    }
}

void p2p__pcp_write_map(uint8_t out[P2P__PCP_MAP_BYTES],
                        const struct p2p__addr *from,
                        const struct p2p__pcp_map *map)
{
    static const struct p2p__addr any = {.family = 4};
    uint8_t *body = out + HEAD_BYTES;

    assert(from->family == 4 && map->inner.port != 0);
    memset(out, 0, P2P__PCP_MAP_BYTES);
    out[0] = VERSION;
    out[1] = OP_MAP;
    put32(out + 4, map->lifetime_s);
    put_ip(out + 8, from);
    memcpy(body, map->nonce, P2P__PCP_NONCE_BYTES);
    body[12] = map->inner.udp ? PROTO_UDP : PROTO_TCP;
    put16(body + 16, map->inner.port);
    put16(body + 18, map->outer.port);
    put_ip(body + 20, map->outer.family != 0 ? &map->outer : &any);
}

/* Whether the rest of a message is options of good lengths. */
static bool options_fit(struct p2p__slice in)
{
    size_t at = 0;

    while (in.len - at >= OPTION_HEAD) {
        const size_t len = (get16(in.p + at + 2) + 3U) & ~3U;

        at += OPTION_HEAD;
        if (len > in.len - at) {
            return false;
        }
        at += len;
    }
    return at == in.len;
}

/* Whether it begins as an answer. */
static int check_head(struct p2p__slice in)
{
    if (in.len < 4 || in.len > P2P__CAP_PORTMAP_MESSAGE_BYTES) {
        return P2P_EFORMAT;
    }
    if (in.p[0] != VERSION) {
        return P2P_ENOTSUP; /* of NAT-PMP, which is shorter */
    }
    return in.len < HEAD_BYTES || in.len % 4 != 0 || (in.p[1] & ANSWER) == 0
               ? P2P_EFORMAT
               : 0;
}

int p2p__pcp_read_map(struct p2p__slice in, struct p2p__pcp_answer *out)
{
    const uint8_t *body = in.p + HEAD_BYTES;
    struct p2p__pcp_map *map = &out->map;
    const int rv = check_head(in);

    if (rv != 0) {
        return rv;
    }
    if ((in.p[1] & ~ANSWER) != OP_MAP) {
        return P2P_ENOPROTO;
    }
    memset(out, 0, sizeof *out);
    out->result = in.p[3];
    map->lifetime_s = get32(in.p + 4);
    out->epoch = get32(in.p + 8);
    /* Who understands no request sends back what it can. */
    if (in.len < P2P__PCP_MAP_BYTES) {
        return out->result == 0 ? P2P_EFORMAT : 0;
    }
    memcpy(map->nonce, body, P2P__PCP_NONCE_BYTES);
    if ((body[12] != PROTO_TCP && body[12] != PROTO_UDP) ||
        !options_fit((struct p2p__slice){.p = in.p + P2P__PCP_MAP_BYTES,
                                         .len = in.len - P2P__PCP_MAP_BYTES})) {
        return P2P_EFORMAT;
    }
    map->inner = (struct p2p__portmap_port){.udp = body[12] == PROTO_UDP,
                                            .port = get16(body + 16)};
    get_ip(body + 20, &map->outer);
    map->outer.port = get16(body + 18);
    return 0;
}

int p2p__pcp_read_announce(struct p2p__slice in, uint32_t *epoch)
{
    const int rv = check_head(in);

    if (rv == 0 && in.p[1] == (ANSWER | OP_ANNOUNCE) && in.p[3] == 0) {
        *epoch = get32(in.p + 8);
        return 0;
    }
    if (in.len == NATPMP_BYTES && in.p[0] == 0 && in.p[1] == ANSWER &&
        get16(in.p + 2) == 0) {
        *epoch = get32(in.p + 4);
        return 0;
    }
    return P2P_EFORMAT;
}

const char *p2p__pcp_result_text(uint8_t result)
{
    static const char *const texts[] = {
        "it did it",
        "it does not speak this version",
        "it does not allow it",
        "it does not understand the request",
        "it does not know the request",
        "it does not know the option",
        "it does not understand the option",
        "its own network fails",
        "it has no room for more",
        "it does not map this protocol",
        "we have as many as it lets us",
        "it cannot give this port",
        "there is another NAT between it and us",
        "it has too many remote peers",
    };

    return result < P2P__COUNT(texts) ? texts[result]
                                      : "it fails in a way of its own";
}

bool p2p__pcp_result_is_unable(uint8_t result)
{
    return result == 1 || result == 4; /* UNSUPP_VERSION, UNSUPP_OPCODE */
}
