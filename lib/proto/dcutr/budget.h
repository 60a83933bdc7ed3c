/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How often peers may make us dial where they say: of each peer and of all
 * together. They come by relays, so that where they are says nothing. Whoever
 * is refused keeps his relayed connection.
 */
#ifndef P2P_PROTO_DCUTR_BUDGET_H
#define P2P_PROTO_DCUTR_BUDGET_H

#include "proto/dcutr/caps.h"
#include "proto/fair/rates.h"

/* The rates of attempts; nobody tried yet. `seed`: see base/map.h. */
void p2p__dcutr_budget_init(struct p2p__rates *b, const uint64_t seed[2]);

#endif
