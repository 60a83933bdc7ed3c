/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An IPv4 packet as a NAT sees it: endpoints that can be changed. UDP, TCP,
 * echo of ICMP (its identifier is the port of who asked), and errors of ICMP,
 * which are about another packet.
 */
#ifndef WAN_PACKET_H
#define WAN_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_ICMP = 1, PACKET_TCP = 6, PACKET_UDP = 17 };

/* In the host's order of bytes. */
struct endpoint {
    uint32_t addr;
    uint16_t port; /* 0: there is none */
};

struct packet {
    uint8_t *at; /* borrows */
    size_t len;
    size_t body; /* where the header of UDP, TCP or ICMP begins */
    uint8_t protocol;
    struct endpoint src, dst;
    size_t src_port_at, dst_port_at; /* 0: no port that could be changed */
    size_t about; /* of an error: where the packet begins that it is about */
};

static inline bool endpoint_equal(struct endpoint a, struct endpoint b)
{
    return a.addr == b.addr && a.port == b.port;
}

/* Reads a packet; borrows its bytes. False where a NAT has nothing to do with
 * it: not IPv4, cut short, a fragment, another protocol. */
bool packet_read(struct packet *p, uint8_t *at, size_t len);

/* Reads the packet that an error of ICMP is about, which has been read; of it
 * 8 bytes behind the IP header are enough. */
bool packet_read_about(const struct packet *error, struct packet *p);

/* Change an endpoint; the port only if there is one. Then packet_seal(). */
void packet_set_src(struct packet *p, struct endpoint to);
void packet_set_dst(struct packet *p, struct endpoint to);

/* Makes the checksum of the IP header right again. */
void packet_seal_header(struct packet *p);

/* Makes all checksums right again, but for one of UDP that is not used. */
void packet_seal(struct packet *p);

#endif
