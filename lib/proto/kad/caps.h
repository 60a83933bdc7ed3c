/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The numbers of Kademlia, and what peers can make us hold or do (T32). */
#ifndef P2P_PROTO_KAD_CAPS_H
#define P2P_PROTO_KAD_CAPS_H

/* Peers in a bucket, in an answer, and that keep a record (specification). */
#define P2P__KAD_K 20U

/* Questions of one lookup at once, and how many of the nearest of each path
 * must have answered; both as go has them. */
#define P2P__KAD_ALPHA 10U
#define P2P__KAD_BETA  3U

/* Of those that are known anyway so many of each path, where news are wanted
 * and nothing else. */
#define P2P__KAD_FEW 1U

/* Ways of a lookup that have no candidate in common. */
#define P2P__KAD_PATHS 3U

/* A request, in bytes: rust reads no longer ones. */
#define P2P__CAP_KAD_REQUEST_BYTES 16384U

/* An answer that is given is cut before it is longer. */
#define P2P__CAP_KAD_PAGE_BYTES 16000U

/* Peers of an answer that are looked at: go gives k and the one asked for. */
#define P2P__CAP_KAD_CLOSER 24U

/* Providers of an answer that are looked at. */
#define P2P__CAP_KAD_PROVIDERS 64U

/* Addresses of a peer that are kept, their bytes, and those looked at. */
#define P2P__CAP_KAD_PEER_ADDRS  8U
#define P2P__CAP_KAD_ADDRS_BYTES 320U
#define P2P__CAP_KAD_ADDRS_SEEN  32U

/* Those of them that one peer may tell of another in a lookup, and how often
 * one is asked anew because more was told. */
#define P2P__CAP_KAD_ADDRS_BY 3U
#define P2P__CAP_KAD_TRIES    4U

/* A key, in bytes. */
#define P2P__CAP_KAD_KEY_BYTES 256U

/* Of a routing table: entries at public addresses that share 16 bits of IPv4,
 * or 32 of IPv6; and those of them in one bucket. As go has them. */
#define P2P__CAP_KAD_TABLE_GROUP  3U
#define P2P__CAP_KAD_BUCKET_GROUP 2U

/* Candidates of one path of a lookup, and how many of them are asked. */
#define P2P__CAP_KAD_CANDIDATES 48U
#define P2P__CAP_KAD_ASKS       40U

/* Candidates of a lookup at public addresses that share 24 bits of IPv4, or 48
 * of IPv6. */
#define P2P__CAP_KAD_LOOKUP_GROUP 4U

/* A value, in bytes: it must fit into an answer. */
#define P2P__CAP_KAD_VALUE_BYTES 8192U

/* Records that are kept, those of one peer, and their bytes, if the
 * configuration does not say. */
#define P2P__CAP_KAD_RECORDS          1024U
#define P2P__CAP_KAD_RECORDS_PER_PEER 32U
#define P2P__CAP_KAD_RECORDS_BYTES    (4U * 1024U * 1024U)

/* Records, and providers, of all peers at one address: of IPv4, or a /64 of
 * IPv6; or over relays. */
#define P2P__CAP_KAD_RECORDS_PER_ADDR  128U
#define P2P__CAP_KAD_PROVIDED_PER_ADDR 512U

/* Providers that are kept, those of one key, and the keys of one peer. */
#define P2P__CAP_KAD_PROVIDED     4096U
#define P2P__CAP_KAD_PER_KEY      32U
#define P2P__CAP_KAD_KEYS_OF_PEER 256U

/* Of one key: providers at public addresses that share 16 bits of IPv4, or 32
 * of IPv6. */
#define P2P__CAP_KAD_KEY_GROUP 3U

/* Seconds that records and providers are kept: 48 hours, as go has it. */
#define P2P__CAP_KAD_TTL_S 172800U

/* Providers that one query finds. */
#define P2P__CAP_KAD_FOUND 128U

/* Those of them that one answer adds. */
#define P2P__CAP_KAD_FOUND_BY 8U

/* Queries at once; those that the application starts. */
#define P2P__KAD_QUERIES 64U

/* Requests on one stream, one after the other: go keeps streams. */
#define P2P__CAP_KAD_REQUESTS 4096U

#endif
