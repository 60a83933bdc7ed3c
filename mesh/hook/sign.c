/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See sign.h. */
#include "mesh/hook/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mesh/base/buf.h"
#include "p2p/hash.h"

static void put_hex(const uint8_t *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

void um_hook_sign(const char *secret, uint64_t wall_s, struct um_str body,
                  char out[UM_HOOK_SIGNATURE_BYTES])
{
    uint8_t mac[P2P_SHA256_BYTES];
    char hex[2 * P2P_SHA256_BYTES + 1];
    struct um_buf text = UM_BUF_INIT;

    um_buf_fmt(&text, "%" PRIu64 ".", wall_s);
    um_buf_str(&text, body);
    out[0] = '\0';
    if (!um_buf_failed(&text)) {
        p2p_hmac_sha256(secret, strlen(secret), text.p, text.len, mac);
        put_hex(mac, sizeof mac, hex);
        (void)snprintf(out, UM_HOOK_SIGNATURE_BYTES, "t=%" PRIu64 ",v1=%s",
                       wall_s, hex);
    }
    um_buf_fini(&text);
}

void um_hook_secret(const uint8_t seed[UM_HOOK_SEED_BYTES], char *out,
                    size_t cap)
{
    char hex[2 * UM_HOOK_SEED_BYTES + 1];

    put_hex(seed, UM_HOOK_SEED_BYTES, hex);
    (void)snprintf(out, cap, "whsec_%s", hex);
}

/* Whether an address begins so. */
static bool begins(const uint8_t *ip, const uint8_t *with, size_t n)
{
    return memcmp(ip, with, n) == 0;
}

static bool may_reach_4(const uint8_t *ip, bool link_local)
{
    static const uint8_t clouds[][4] = {
        {100, 100, 100, 200}, /* Alibaba */
        {192, 0, 0, 192},     /* Oracle */
    };
    bool special = ip[0] == 169 && ip[1] == 254;

    for (size_t i = 0; i < sizeof clouds / sizeof *clouds; i++) {
        special = special || begins(ip, clouds[i], sizeof *clouds);
    }
    return ip[0] != 0 && ip[0] < 224 && (link_local || !special);
}

/* The IPv4 address in an IPv6 one: mapped, NAT64, 6to4; NULL: there is none. */
static const uint8_t *four_in(const uint8_t *ip)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};

    if (begins(ip, mapped, 12) || begins(ip, nat64, 12)) {
        return ip + 12;
    }
    return ip[0] == 0x20 && ip[1] == 0x02 ? ip + 2 : NULL;
}

/* Whether a cloud answers there; the bytes between the ends are zeros. */
static bool is_cloud_6(const uint8_t *ip)
{
    static const uint8_t zeros[8] = {0};
    static const struct {
        uint8_t head[4];
        uint8_t tail[4];
    } clouds[] = {
        {{0xfd, 0, 0x0e, 0xc2}, {0, 0, 2, 0x54}},       /* Amazon */
        {{0xfd, 0, 0x0e, 0xc2}, {0, 0, 0, 0x23}},       /* Amazon, its pods */
        {{0xfd, 0x20, 0, 0xce}, {0, 0, 2, 0x54}},       /* Google */
        {{0xfd, 0, 0, 0xc1}, {0xa9, 0xfe, 0xa9, 0xfe}}, /* Oracle */
        {{0xfd, 0, 0, 0x42}, {0, 0, 0, 0x42}},          /* Scaleway */
    };

    for (size_t i = 0; i < sizeof clouds / sizeof *clouds; i++) {
        if (begins(ip, clouds[i].head, 4) && begins(ip + 4, zeros, 8) &&
            begins(ip + 12, clouds[i].tail, 4)) {
            return true;
        }
    }
    return false;
}

static bool may_reach_6(const uint8_t *ip, bool link_local)
{
    static const uint8_t zeros[12] = {0}, one[4] = {0, 0, 0, 1};
    bool special = (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) || is_cloud_6(ip);

    if (begins(ip, zeros, sizeof zeros)) { /* ::1 alone */
        return begins(ip + sizeof zeros, one, sizeof one);
    }
    return ip[0] != 0xff && (link_local || !special);
}

bool um_hook_may_reach(const uint8_t *ip, size_t len, bool link_local)
{
    const uint8_t *four = len == 4 ? ip : len == 16 ? four_in(ip) : NULL;

    if (four != NULL) {
        return may_reach_4(four, link_local);
    }
    return len == 16 && may_reach_6(ip, link_local);
}
