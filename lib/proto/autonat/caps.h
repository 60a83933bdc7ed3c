/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What peers can make an AutoNAT server, and those who ask one, hold or do
 * (T34). */
#ifndef P2P_PROTO_AUTONAT_CAPS_H
#define P2P_PROTO_AUTONAT_CAPS_H

/* A message of either version, in bytes; go has the same. */
#define P2P__CAP_AUTONAT_MESSAGE_BYTES 8192U

/* A message on a dial-back stream, in bytes; go has the same. */
#define P2P__CAP_AUTONAT_BACK_BYTES 1024U

/* Addresses of a request of v1 that are looked at, and of one of v2; go has
 * the same. */
#define P2P__CAP_AUTONAT_ADDRS    16U
#define P2P__CAP_AUTONAT_ADDRS_V2 50U

/* Bytes that a client pays at the most to have another IP address dialed than
 * its own; a server asks for 30 to 100 KB (specification). */
#define P2P__CAP_AUTONAT_DATA_BYTES 100000U
#define P2P__AUTONAT_DATA_MIN_BYTES 30000U

/* Bytes of payment in a message, unless it is the last: a peer that sends
 * fewer makes us work for nothing. */
#define P2P__AUTONAT_PIECE_MIN_BYTES 100U

/* Requests that a server takes in a minute, if the configuration does not
 * say: of one peer; of one IP address (for IPv6: one /64); of all; and of all
 * those that want another IP address dialed than their own. go has the same,
 * without that of an address. */
#define P2P__CAP_AUTONAT_RATE_PEER  12U
#define P2P__CAP_AUTONAT_RATE_ADDR  30U
#define P2P__CAP_AUTONAT_RATE_ALL   60U
#define P2P__CAP_AUTONAT_RATE_OTHER 12U

/* Requests that a server works on at once, of all and of one peer, if the
 * configuration does not say. */
#define P2P__CAP_AUTONAT_DIALS          16U
#define P2P__CAP_AUTONAT_DIALS_PER_PEER 1U

/* Seconds that a dial back may take, if the configuration does not say. */
#define P2P__AUTONAT_DIAL_S 5U

/* Streams of askers that a server has open, of all: further ones are reset. */
#define P2P__CAP_AUTONAT_STREAMS 256U

/* Addresses of ours whose verdict is kept. */
#define P2P__CAP_AUTONAT_TRACKED 16U

/* Servers that we know of, to ask one of them; and of those, at one site. */
#define P2P__CAP_AUTONAT_SERVERS          64U
#define P2P__CAP_AUTONAT_SERVERS_PER_SITE 2U

/* Addresses that others see us at, of all that we listen at, and of one: the
 * one that the fewest name, for the longest time, goes. */
#define P2P__CAP_AUTONAT_OBSERVED           64U
#define P2P__CAP_AUTONAT_OBSERVED_PER_LOCAL 8U

/* Different addresses of one that we listen at which one site may name; the
 * older ones are forgotten. */
#define P2P__CAP_AUTONAT_OBSERVED_PER_SITE 3U

/* Observations that are remembered, of all peers; further ones are not
 * heard. */
#define P2P__CAP_AUTONAT_OBSERVATIONS 512U

/* Observed addresses for one that we listen at which are looked into; go has
 * the same. */
#define P2P__AUTONAT_CANDIDATES 3U

#endif
