/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Multiaddrs: addresses that describe themselves, such as
 * /ip4/192.0.2.7/tcp/4901/p2p/12D3KooW…, as plain values. One has its binary
 * form inside, always well-formed; both directions of reading are strict.
 * Spec: multiformats/multiaddr, libp2p addressing.
 */
#ifndef P2P_MULTIADDR_H
#define P2P_MULTIADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"
#include "p2p/peer_id.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The longest multiaddr in bytes; longer ones are refused. */
#define P2P_MULTIADDR_MAX 512

/** The most components of one; more are refused. */
#define P2P_MULTIADDR_PARTS_MAX 32

/** Room for the text of any multiaddr with its end, in bytes. */
#define P2P_MULTIADDR_TEXT_MAX 2048

/** The protocols that are known: X(name, code, text, kind of value). */
#define P2P_MULTIADDR_MAP(X)                     \
    X(IP4, 4, "ip4", IP4)                        \
    X(TCP, 6, "tcp", PORT)                       \
    X(IP6, 41, "ip6", IP6)                       \
    X(IP6ZONE, 42, "ip6zone", ZONE)              \
    X(IPCIDR, 43, "ipcidr", BITS)                \
    X(DNS, 53, "dns", NAME)                      \
    X(DNS4, 54, "dns4", NAME)                    \
    X(DNS6, 55, "dns6", NAME)                    \
    X(DNSADDR, 56, "dnsaddr", NAME)              \
    X(UDP, 273, "udp", PORT)                     \
    X(WEBRTC_DIRECT, 280, "webrtc-direct", NONE) \
    X(WEBRTC, 281, "webrtc", NONE)               \
    X(CIRCUIT, 290, "p2p-circuit", NONE)         \
    X(UNIX, 400, "unix", PATH)                   \
    X(P2P, 421, "p2p", PEER)                     \
    X(HTTPS, 443, "https", NONE)                 \
    X(TLS, 448, "tls", NONE)                     \
    X(SNI, 449, "sni", NAME)                     \
    X(NOISE, 454, "noise", NONE)                 \
    X(QUIC, 460, "quic", NONE)                   \
    X(QUIC_V1, 461, "quic-v1", NONE)             \
    X(WEBTRANSPORT, 465, "webtransport", NONE)   \
    X(CERTHASH, 466, "certhash", HASH)           \
    X(WS, 477, "ws", NONE)                       \
    X(WSS, 478, "wss", NONE)                     \
    X(HTTP, 480, "http", NONE)                   \
    X(MEMORY, 777, "memory", NUMBER)

/** The codes: P2P_MULTIADDR_TCP and so on. */
enum p2p_multiaddr_code {
#define P2P_MULTIADDR_ENUM(name, code, text, kind) \
    P2P_MULTIADDR_##name = (code),
    P2P_MULTIADDR_MAP(P2P_MULTIADDR_ENUM)
#undef P2P_MULTIADDR_ENUM
};

/** A multiaddr. An empty one (len 0) is none. Compare with ..._equal(). */
struct p2p_multiaddr {
    uint16_t len;
    uint8_t bytes[P2P_MULTIADDR_MAX];
};

/** One component: its protocol and the binary value, empty for most. */
struct p2p_multiaddr_part {
    uint32_t code;        /**< enum p2p_multiaddr_code */
    const uint8_t *value; /**< inside the multiaddr */
    size_t len;           /**< of the value, in bytes */
};

/**
 * Reads the text form. "/ipfs/ID" is read as "/p2p/ID", and one slash may
 * follow at the end.
 * @param text borrows the text
 * @param len  its length in bytes
 * @param ma   set on success
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP (unknown protocol), P2P_ETOOBIG
 */
P2P_API int p2p_multiaddr_from_text(const char *text, size_t len,
                                    struct p2p_multiaddr *ma);

/**
 * Reads the binary form.
 * @param bytes borrows the bytes
 * @param len   how many
 * @param ma    set on success
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP (unknown protocol), P2P_ETOOBIG
 */
P2P_API int p2p_multiaddr_from_bytes(const void *bytes, size_t len,
                                     struct p2p_multiaddr *ma);

/**
 * Writes the text form with an ending zero.
 * @param ma  borrows the multiaddr
 * @param buf room for P2P_MULTIADDR_TEXT_MAX bytes
 * @return buf
 */
P2P_API char *p2p_multiaddr_text(const struct p2p_multiaddr *ma, char *buf);

/**
 * Whether two multiaddrs are the same.
 * @param a borrows
 * @param b borrows
 * @return true when they are
 */
P2P_API bool p2p_multiaddr_equal(const struct p2p_multiaddr *a,
                                 const struct p2p_multiaddr *b);

/**
 * Orders multiaddrs by their bytes.
 * @param a borrows
 * @param b borrows
 * @return below, equal to or above zero
 */
P2P_API int p2p_multiaddr_compare(const struct p2p_multiaddr *a,
                                  const struct p2p_multiaddr *b);

/**
 * Walks the components, first to last:
 * `size_t at = 0; while (p2p_multiaddr_next(ma, &at, &part)) …`
 * @param ma   borrows the multiaddr
 * @param at   where the walk is, in bytes; 0 begins it
 * @param part set to the component; its value is valid as long as ma is
 * @return false at the end
 */
P2P_API bool p2p_multiaddr_next(const struct p2p_multiaddr *ma, size_t *at,
                                struct p2p_multiaddr_part *part);

/**
 * The peer that a multiaddr leads to: the /p2p/ID that it ends with.
 * @param ma borrows the multiaddr
 * @param id set when there is one; may be NULL
 * @return whether there is
 */
P2P_API bool p2p_multiaddr_peer(const struct p2p_multiaddr *ma,
                                struct p2p_peer_id *id);

/**
 * Whether an address can be reached from everywhere: a public IP address, or a
 * name that is not one of those for the own machine or network (localhost,
 * .local, .internal, .home.arpa) or for nothing (.test, .invalid).
 * Registry: IANA special-purpose addresses (RFC 6890), names (RFC 6761).
 * @param ma borrows the multiaddr
 * @return true when it can; false also where neither stands in front
 */
P2P_API bool p2p_multiaddr_is_public(const struct p2p_multiaddr *ma);

/**
 * Takes the /p2p/ID off the end, if there is one. What is left may be empty.
 * @param ma the multiaddr, changed
 */
P2P_API void p2p_multiaddr_strip_peer(struct p2p_multiaddr *ma);

/**
 * Puts /p2p/ID at the end, unless it is there already.
 * @param ma the multiaddr, changed on success
 * @param id borrows the peer id
 * @return 0, P2P_EPEER (it ends with another peer), P2P_EINVAL (id is
 *         nobody), P2P_ETOOBIG
 */
P2P_API int p2p_multiaddr_append_peer(struct p2p_multiaddr *ma,
                                      const struct p2p_peer_id *id);

/**
 * Puts one multiaddr behind another.
 * @param ma   the multiaddr, changed on success
 * @param tail borrows what is put behind
 * @return 0, P2P_EFORMAT (nothing can follow /unix), P2P_ETOOBIG
 */
P2P_API int p2p_multiaddr_append(struct p2p_multiaddr *ma,
                                 const struct p2p_multiaddr *tail);

#ifdef __cplusplus
}
#endif

#endif
