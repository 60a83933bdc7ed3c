/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See maddr_value.h. What is refused beyond the spec: names with bytes that
 * no name server and no log line should see, and numbers with a leading zero,
 * so that every value has one text.
 */
#include "wire/maddr_value.h"

#include <arpa/inet.h>

#include "wire/multibase.h"
#include "wire/multihash.h"
#include "wire/peer_text.h"

#define IP_TEXT_MAX     (INET6_ADDRSTRLEN - 1)
#define NUMBER_TEXT_MAX 20U /* digits of 2^64 - 1 */

static const struct p2p__maddr_proto protos[] = {
#define PROTO(name, code, text, kind) {(code), P2P__MADDR_##kind, (text)},
    P2P_MULTIADDR_MAP(PROTO)
#undef PROTO
};

const struct p2p__maddr_proto *p2p__maddr_proto(uint64_t code)
{
    for (size_t i = 0; i < P2P__COUNT(protos); i++) {
        if (protos[i].code == code) {
            return &protos[i];
        }
    }
    return NULL;
}

const struct p2p__maddr_proto *p2p__maddr_proto_named(const char *name,
                                                      size_t len)
{
    static const char old_p2p[] = "ipfs";

    if (len == sizeof old_p2p - 1 && memcmp(name, old_p2p, len) == 0) {
        return p2p__maddr_proto(P2P_MULTIADDR_P2P);
    }
    for (size_t i = 0; i < P2P__COUNT(protos); i++) {
        if (strlen(protos[i].text) == len &&
            memcmp(protos[i].text, name, len) == 0) {
            return &protos[i];
        }
    }
    return NULL;
}

bool p2p__maddr_kind_varies(enum p2p__maddr_kind kind)
{
    return kind >= P2P__MADDR_NAME;
}

size_t p2p__maddr_kind_size(enum p2p__maddr_kind kind)
{
    switch (kind) {
        case P2P__MADDR_IP4:
            return 4;
        case P2P__MADDR_IP6:
            return 16;
        case P2P__MADDR_PORT:
            return 2;
        case P2P__MADDR_BITS:
            return 1;
        case P2P__MADDR_NUMBER:
            return 8;
        default:
            assert(kind == P2P__MADDR_NONE);
            return 0;
    }
}

static bool is_name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool check_name(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_name_char(p[i])) {
            return false;
        }
    }
    return len > 0 && len <= P2P__MADDR_NAME_MAX;
}

static bool check_zone(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] <= ' ' || p[i] > '~' || p[i] == '/') {
            return false;
        }
    }
    return len > 0 && len <= P2P__MADDR_ZONE_MAX;
}

static bool check_path(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] < ' ' || p[i] == 0x7f) {
            return false;
        }
    }
    return len > 1 && p[0] == '/' && p[len - 1] != '/';
}

int p2p__maddr_value_check(enum p2p__maddr_kind kind, const uint8_t *value,
                           size_t len)
{
    struct p2p__multihash mh;
    bool fine;

    switch (kind) {
        case P2P__MADDR_NAME:
            fine = check_name(value, len);
            break;
        case P2P__MADDR_ZONE:
            fine = check_zone(value, len);
            break;
        case P2P__MADDR_PATH:
            fine = check_path(value, len);
            break;
        case P2P__MADDR_PEER:
            fine = p2p__multihash_check_peer(value, len) == 0;
            break;
        case P2P__MADDR_HASH:
            fine = p2p__multihash_read(value, len, &mh) == 0;
            break;
        default:
            fine = len == p2p__maddr_kind_size(kind);
            break;
    }
    return fine ? 0 : P2P_EFORMAT;
}

/* Reads a decimal number of at most `max` into `size` bytes, big-endian. */
static int read_number(const char *text, size_t len, uint64_t max,
                       uint8_t *value, size_t size)
{
    uint64_t v = 0;

    if (len == 0 || len > NUMBER_TEXT_MAX || (len > 1 && text[0] == '0')) {
        return P2P_EFORMAT;
    }
    for (size_t i = 0; i < len; i++) {
        uint64_t digit;

        if (text[i] < '0' || text[i] > '9') {
            return P2P_EFORMAT;
        }
        digit = (uint64_t)(text[i] - '0');
        if (v > (max - digit) / 10) {
            return P2P_EFORMAT;
        }
        v = v * 10 + digit;
    }
    for (size_t i = 0; i < size; i++) {
        value[i] = (uint8_t)(v >> (8 * (size - 1 - i)));
    }
    return (int)size;
}

static int read_ip(int family, const char *text, size_t len, uint8_t *value)
{
    char copy[IP_TEXT_MAX + 1];

    if (len > IP_TEXT_MAX || memchr(text, '\0', len) != NULL) {
        return P2P_EFORMAT;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(family, copy, value) != 1) {
        return P2P_EFORMAT;
    }
    return family == AF_INET ? 4 : 16;
}

/* Reads a value whose text is its bytes. */
static int read_plain(enum p2p__maddr_kind kind, const char *text, size_t len,
                      uint8_t *value)
{
    if (len > P2P_MULTIADDR_MAX) {
        return P2P_ETOOBIG;
    }
    memcpy(value, text, len);
    return p2p__maddr_value_check(kind, value, len) == 0 ? (int)len
                                                         : P2P_EFORMAT;
}

static int read_hash(const char *text, size_t len, uint8_t *value)
{
    int n = p2p__multibase_decode(text, len, value, P2P_MULTIADDR_MAX);

    if (n >= 0 &&
        p2p__maddr_value_check(P2P__MADDR_HASH, value, (size_t)n) != 0) {
        return P2P_EFORMAT;
    }
    return n;
}

int p2p__maddr_value_read(enum p2p__maddr_kind kind, const char *text,
                          size_t len, uint8_t *value)
{
    switch (kind) {
        case P2P__MADDR_IP4:
            return read_ip(AF_INET, text, len, value);
        case P2P__MADDR_IP6:
            return read_ip(AF_INET6, text, len, value);
        case P2P__MADDR_PORT:
            return read_number(text, len, UINT16_MAX, value, 2);
        case P2P__MADDR_BITS:
            return read_number(text, len, UINT8_MAX, value, 1);
        case P2P__MADDR_NUMBER:
            return read_number(text, len, UINT64_MAX, value, 8);
        case P2P__MADDR_PEER:
            return p2p__peer_text_read(text, len, value);
        case P2P__MADDR_HASH:
            return read_hash(text, len, value);
        default:
            return read_plain(kind, text, len, value);
    }
}

static int put(const char *from, size_t len, char *text, size_t cap)
{
    if (len > cap) {
        return P2P_ETOOBIG;
    }
    memcpy(text, from, len);
    return (int)len;
}

static int put_number(const uint8_t *value, size_t len, char *text, size_t cap)
{
    char digits[NUMBER_TEXT_MAX];
    size_t at = sizeof digits;
    uint64_t v = 0;

    for (size_t i = 0; i < len; i++) {
        v = v << 8 | value[i];
    }
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    return put(digits + at, sizeof digits - at, text, cap);
}

static int put_ip(int family, const uint8_t *value, char *text, size_t cap)
{
    char ip[IP_TEXT_MAX + 1];
    const char *made = inet_ntop(family, value, ip, sizeof ip);

    assert(made != NULL);
    return put(made, strlen(made), text, cap);
}

int p2p__maddr_value_text(enum p2p__maddr_kind kind, const uint8_t *value,
                          size_t len, char *text, size_t cap)
{
    switch (kind) {
        case P2P__MADDR_IP4:
            return put_ip(AF_INET, value, text, cap);
        case P2P__MADDR_IP6:
            return put_ip(AF_INET6, value, text, cap);
        case P2P__MADDR_PORT:
        case P2P__MADDR_BITS:
        case P2P__MADDR_NUMBER:
            return put_number(value, len, text, cap);
        case P2P__MADDR_PEER:
            return p2p__peer_text_base58(value, len, text, cap);
        case P2P__MADDR_HASH:
            return p2p__multibase_encode(P2P__BASE64_URL, value, len, text,
                                         cap);
        default:
            return put((const char *)value, len, text, cap);
    }
}
