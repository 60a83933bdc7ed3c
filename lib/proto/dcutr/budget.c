/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See budget.h. */
#include "proto/dcutr/budget.h"

void p2p__dcutr_budget_init(struct p2p__rates *b, const uint64_t seed[2])
{
    const struct p2p__rates_cfg cfg = {
        .of = {[P2P__FAIR_PEER] = {P2P__CAP_DCUTR_PEER_BURST,
                                   P2P__SEC(P2P__CAP_DCUTR_PEER_S)}},
        .all = {P2P__CAP_DCUTR_TOTAL_BURST, P2P__SEC(P2P__CAP_DCUTR_TOTAL_S)},
        .seed = {seed[0], seed[1]}};

    p2p__rates_init(b, &cfg);
}
