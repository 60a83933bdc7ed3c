/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See packet.h. */
#include "packet.h"

#include <assert.h>

#define IP_HEADER   20U
#define PORTS       8U /* of a header of UDP, TCP or ICMP must be there */
#define TCP_SUM     16U
#define UDP_SUM     6U
#define ICMP_SUM    2U
#define ICMP_ID     4U
#define ECHO_REPLY  0
#define UNREACHABLE 3
#define ECHO        8
#define EXCEEDED    11
#define PROBLEM     12

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, (uint16_t)(v >> 16));
    put16(p + 2, (uint16_t)v);
}

/* Adds up words of 16 bits, the last one with a byte of zero if need be. */
static uint32_t sum(uint32_t so_far, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2) {
        so_far += get16(p + i);
    }
    return len % 2 != 0 ? so_far + (uint32_t)(p[len - 1] << 8) : so_far;
}

static uint16_t folded(uint32_t total)
{
    while (total >> 16 != 0) {
        total = (total & 0xffff) + (total >> 16);
    }
    return (uint16_t)~total;
}

static bool read_icmp(struct packet *p)
{
    switch (p->at[p->body]) {
        case ECHO:
            p->src_port_at = p->body + ICMP_ID;
            return true;
        case ECHO_REPLY:
            p->dst_port_at = p->body + ICMP_ID;
            return true;
        case UNREACHABLE:
        case EXCEEDED:
        case PROBLEM:
            p->about = p->body + PORTS;
            return true;
        default:
            return false;
    }
}

static uint16_t port_of(const struct packet *p, size_t at)
{
    return at != 0 ? get16(p->at + at) : 0;
}

static bool read_ports(struct packet *p)
{
    if (p->protocol == PACKET_ICMP) {
        if (!read_icmp(p)) {
            return false;
        }
    } else if (p->protocol == PACKET_TCP || p->protocol == PACKET_UDP) {
        p->src_port_at = p->body;
        p->dst_port_at = p->body + 2;
    } else {
        return false;
    }
    p->src.port = port_of(p, p->src_port_at);
    p->dst.port = port_of(p, p->dst_port_at);
    return true;
}

/* Reads the header and the ports of what may go on behind `len`. */
static bool read_front(struct packet *p, uint8_t *at, size_t len)
{
    *p = (struct packet){.at = at, .len = len};
    if (len < IP_HEADER || at[0] >> 4 != 4) {
        return false;
    }
    p->body = (size_t)(at[0] & 15) * 4;
    if (p->body < IP_HEADER || len < p->body + PORTS ||
        (get16(at + 6) & 0x3fff) != 0) {
        return false;
    }
    p->protocol = at[9];
    p->src.addr = get32(at + 12);
    p->dst.addr = get32(at + 16);
    return read_ports(p);
}

bool packet_read(struct packet *p, uint8_t *at, size_t len)
{
    if (len >= IP_HEADER && get16(at + 2) != len) {
        return false;
    }
    return read_front(p, at, len) &&
           (p->protocol != PACKET_TCP || len >= p->body + 20);
}

bool packet_read_about(const struct packet *error, struct packet *p)
{
    assert(error->about != 0 && error->about <= error->len);
    return read_front(p, error->at + error->about, error->len - error->about);
}

void packet_set_src(struct packet *p, struct endpoint to)
{
    p->src = to;
    put32(p->at + 12, to.addr);
    if (p->src_port_at != 0) {
        put16(p->at + p->src_port_at, to.port);
    }
}

void packet_set_dst(struct packet *p, struct endpoint to)
{
    p->dst = to;
    put32(p->at + 16, to.addr);
    if (p->dst_port_at != 0) {
        put16(p->at + p->dst_port_at, to.port);
    }
}

void packet_seal_header(struct packet *p)
{
    put16(p->at + 10, 0);
    put16(p->at + 10, folded(sum(0, p->at, p->body)));
}

/* The sum of addresses, protocol and length that UDP and TCP begin with. */
static uint32_t pseudo_header(const struct packet *p)
{
    return sum(0, p->at + 12, 8) + p->protocol + (uint32_t)(p->len - p->body);
}

void packet_seal(struct packet *p)
{
    const bool icmp = p->protocol == PACKET_ICMP;
    const bool udp = p->protocol == PACKET_UDP;
    uint8_t *at = p->at + p->body + (icmp ? ICMP_SUM : udp ? UDP_SUM : TCP_SUM);
    uint16_t made;

    packet_seal_header(p);
    if (udp && get16(at) == 0) {
        return;
    }
    put16(at, 0);
    made = folded(
        sum(icmp ? 0 : pseudo_header(p), p->at + p->body, p->len - p->body));
    put16(at, udp && made == 0 ? 0xffff : made);
}
