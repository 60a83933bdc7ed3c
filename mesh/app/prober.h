/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * How the daemon asks this node's own listeners (mesh/node/prober.h): GETs of
 * the loop's engine, which follows no redirects and resolves no names.
 */
#ifndef UM_APP_PROBER_H
#define UM_APP_PROBER_H

#include "mesh/fetch/fetch.h"
#include "mesh/node/prober.h"

/** Bytes of a probe's answer that are read; of a longer one the status counts
 * all the same. */
#define UM__CAP_PROBER_ANSWER_BYTES (64U << 10)

/** Makes it. @param fetch borrowed as long as it is used */
void um_prober_init(struct um_prober *p, struct um_fetch *fetch);

#endif
