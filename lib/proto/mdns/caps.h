/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What anybody on the link can make mDNS hold or do, and what bounds it. Each
 * cap is tested. Nothing on the link is authenticated: what is found here is a
 * hint where to dial, no more.
 */
#ifndef P2P_PROTO_MDNS_CAPS_H
#define P2P_PROTO_MDNS_CAPS_H

#include "base/types.h"

/* Records and questions of one packet; with more it is dropped (T37). */
#define P2P__CAP_MDNS_RECORDS 128U

/* Compression pointers in one name; with more the packet is dropped (T37). */
#define P2P__CAP_MDNS_HOPS 16U

/* Bytes of a packet that is read: the most that RFC 6762 allows. */
#define P2P__CAP_MDNS_PACKET_BYTES 9000U

/* Bytes of a packet that is sent: it fits into any link's frame. */
#define P2P__CAP_MDNS_SEND_BYTES 1400U

/* Addresses of one peer, found in one packet or announced by us; those beyond
 * are left out. */
#define P2P__CAP_MDNS_ADDRS 16U

/* An address as text with its peer id, a TXT string less "dnsaddr="; a longer
 * one is not announced. */
#define P2P__CAP_MDNS_TEXT_BYTES 247U

/* Peers that are remembered as found; the longest unseen goes first. */
#define P2P__CAP_MDNS_PEERS 128U

/* New peers: so many at once, then one each so often (T37). */
#define P2P__CAP_MDNS_NEW      48U
#define P2P__CAP_MDNS_NEW_EACH P2P__SEC(2)

/* The same for the new peers that one source address brings. */
#define P2P__CAP_MDNS_SOURCE_NEW      32U
#define P2P__CAP_MDNS_SOURCE_NEW_EACH P2P__SEC(2)

/* A peer that is known is found again with other addresses: so many times at
 * once, then one each so often. */
#define P2P__CAP_MDNS_AGAIN      4U
#define P2P__CAP_MDNS_AGAIN_EACH P2P__SEC(2)

/* Source addresses that are counted; the longest unseen goes first. */
#define P2P__CAP_MDNS_SOURCES 64U

/* Packets of one source that are read: so many at once, then one each so
 * often; and those of all sources together. */
#define P2P__CAP_MDNS_PACKETS          1024U
#define P2P__CAP_MDNS_PACKETS_EACH     P2P__MS(2)
#define P2P__CAP_MDNS_ALL_PACKETS      4096U
#define P2P__CAP_MDNS_ALL_PACKETS_EACH P2P__US(500)

/* Our record is multicast so many times at once, then one each so often. */
#define P2P__CAP_MDNS_ANSWERS      3U
#define P2P__CAP_MDNS_ANSWERS_EACH P2P__SEC(1)

/* Questions for an answer to their sender alone that wait at once; further
 * ones are lost. */
#define P2P__CAP_MDNS_ASKERS 8U

/* Such questions are heard: so many at once, then one each so often. */
#define P2P__CAP_MDNS_ASKED      32U
#define P2P__CAP_MDNS_ASKED_EACH P2P__MS(100)

/* The longest life that a record may claim, in seconds. */
#define P2P__CAP_MDNS_TTL_S 900U

/* Interfaces that are used at once, and addresses of this host that are known
 * as its own. */
#define P2P__CAP_MDNS_IFACES 64U

#endif
