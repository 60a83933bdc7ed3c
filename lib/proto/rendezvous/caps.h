/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What peers can make a rendezvous point, and those who ask one, hold or do
 * (T33). */
#ifndef P2P_PROTO_RENDEZVOUS_CAPS_H
#define P2P_PROTO_RENDEZVOUS_CAPS_H

/* A request, in bytes: the addresses that a peer signed are most of it. */
#define P2P__CAP_RENDEZVOUS_REQUEST_BYTES 8192U

/* An answer, in bytes, that is read; rust has the same. */
#define P2P__CAP_RENDEZVOUS_ANSWER_BYTES (1024U * 1024U)

/* An answer that is given is cut before it is longer; its cookie leads on. */
#define P2P__CAP_RENDEZVOUS_PAGE_BYTES (256U * 1024U)

/* Registrations in an answer, whatever was asked for (specification). */
#define P2P__CAP_RENDEZVOUS_PAGE 1000U

/* The name of a namespace, in bytes (specification). */
#define P2P__CAP_RENDEZVOUS_NAMESPACE_BYTES 255U

/* Registrations of all peers, of one, and of those at one address (for IPv6:
 * one /64), if the configuration does not say. Those who come over a relay are
 * at its address. */
#define P2P__CAP_RENDEZVOUS_REGISTRATIONS          4096U
#define P2P__CAP_RENDEZVOUS_REGISTRATIONS_PER_PEER 32U
#define P2P__CAP_RENDEZVOUS_REGISTRATIONS_PER_ADDR 512U

/* Seconds that a registration lasts at the most (specification: 72 hours). */
#define P2P__CAP_RENDEZVOUS_TTL_S 259200U

/* And where a peer does not say how long (specification: 2 hours). */
#define P2P__RENDEZVOUS_TTL_S 7200U

/* Requests on one stream, one after the other. */
#define P2P__CAP_RENDEZVOUS_REQUESTS 64U

#endif
