/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Which transports and security protocols a bus speaks: those that this
 * build has. */
#ifndef UM_BUS_WAYS_H
#define UM_BUS_WAYS_H

#include <p2p/host.h>

/** Lists for p2p_host_config, NULL at the end. */
struct um_ways {
    const struct p2p_transport *transports[3];
    const struct p2p_security *security[3]; /**< the preferred one first */
};

/** Fills them: TCP and Noise always; unless it is to be plain QUIC and TLS too,
 * where their libraries were found when this was built. */
void um_ways_fill(struct um_ways *ways, bool plain);

#endif
