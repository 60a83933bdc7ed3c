/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What peers can make a relay, and those it serves, hold or do (T34). */
#ifndef P2P_PROTO_RELAY_CAPS_H
#define P2P_PROTO_RELAY_CAPS_H

/* A message on a hop or stop stream, in bytes; go has the same. */
#define P2P__CAP_RELAY_MESSAGE_BYTES 4096U

/* Addresses of a reservation that are looked at, and told: they go into our
 * own identify message. */
#define P2P__CAP_RELAY_ADDRS 4U

/* Bytes of such an address; a longer one is passed over. */
#define P2P__CAP_RELAY_ADDR_BYTES 128U

/* Reservations of all peers, and of those behind one address (for IPv6: one
 * /64), if the configuration does not say; go has the same. */
#define P2P__CAP_RELAY_RESERVATIONS          128U
#define P2P__CAP_RELAY_RESERVATIONS_PER_ADDR 8U

/* Reservations that are asked for in a minute, and at once: by one peer, from
 * one address (for IPv6: one /64), from one group (a /24; for IPv6 a /48), and
 * by all; and as many circuits. They are more where the configuration lets who
 * asks have more of them at once. rust has the same of a peer, in two minutes,
 * and of an address. */
#define P2P__CAP_RELAY_RATE_PEER  30U
#define P2P__CAP_RELAY_RATE_ADDR  60U
#define P2P__CAP_RELAY_RATE_GROUP 240U
#define P2P__CAP_RELAY_RATE_ALL   600U

/* Seconds that a reservation holds; then it wants to be refreshed. */
#define P2P__CAP_RELAY_RESERVATION_S 3600U

/* Circuits of all peers, and of one, at either end. */
#define P2P__CAP_RELAY_CIRCUITS          512U
#define P2P__CAP_RELAY_CIRCUITS_PER_PEER 16U

/* Circuits of guests, who would get no reservation, to one peer: the rest is
 * for those who would. */
#define P2P__CAP_RELAY_GUEST_CIRCUITS 4U

/* Seconds that a circuit lasts, and bytes that it carries each way, if the
 * configuration does not say; go has the same. */
#define P2P__CAP_RELAY_CIRCUIT_S     120U
#define P2P__CAP_RELAY_CIRCUIT_BYTES (128U * 1024U)

/* Seconds that a relay's word for how long our reservation holds is believed;
 * then it is asked again. */
#define P2P__CAP_RELAY_BELIEVED_S 86400U

#endif
