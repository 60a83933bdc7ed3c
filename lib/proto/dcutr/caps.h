/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What peers can make us hold, and whom they can make us dial, by DCUtR. */
#ifndef P2P_PROTO_DCUTR_CAPS_H
#define P2P_PROTO_DCUTR_CAPS_H

/* A message, in bytes (specification). */
#define P2P__CAP_DCUTR_MESSAGE_BYTES 4096U

/* Addresses of a message that are dialed, and told. */
#define P2P__CAP_DCUTR_ADDRS 8U

/* Bytes of such an address; a longer one is passed over. */
#define P2P__CAP_DCUTR_ADDR_BYTES 128U

/* How often one upgrade is tried (specification). */
#define P2P__CAP_DCUTR_ATTEMPTS 3U

/* Peers with whom an upgrade is under way. */
#define P2P__CAP_DCUTR_UPGRADES 16U

/* Where witnesses see us that we remember. */
#define P2P__CAP_DCUTR_SIGHTS 8U

/* Attempts that one peer can make us join: so many at once, then one each so
 * many seconds. */
#define P2P__CAP_DCUTR_PEER_BURST 6U
#define P2P__CAP_DCUTR_PEER_S     60U

/* The same of all peers: whoever makes up peers at a relay has no more. */
#define P2P__CAP_DCUTR_TOTAL_BURST 64U
#define P2P__CAP_DCUTR_TOTAL_S     2U

#endif
