/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What those who ask make us remember of them. */
#ifndef P2P_PROTO_FAIR_CAPS_H
#define P2P_PROTO_FAIR_CAPS_H

/* Peers, addresses and groups of addresses whose requests of one kind are
 * remembered; while all of them asked lately, nobody new is served. */
#define P2P__CAP_RATES_ROWS 1024U

#endif
