/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A configuration as a scratch Unit is given it, which runs beside the real one
 * for the time of a question: its listeners are sockets in a folder, since the
 * ports are taken, and no application is started. What is changed is not
 * checked; all else is as it is.
 */
#ifndef UM_APPLIER_SCRATCH_H
#define UM_APPLIER_SCRATCH_H

#include "mesh/base/buf.h"
#include "mesh/base/str.h"

/**
 * Writes it.
 * @param config compact JSON
 * @param folder absolute; of sockets that are called by number
 * @param turn   other ones than the last time: a Unit that failed may have left
 *               them there
 * @param out    appended to
 * @return 0, P2P_EFORMAT (it is no JSON), P2P_ELIMIT, P2P_ENOMEM
 */
int um_scratch_config(struct um_str config, const char *folder, unsigned turn,
                      struct um_buf *out);

#endif
