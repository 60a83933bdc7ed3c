/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See random.h. getrandom() gives up to 256 bytes whole. */
#include "mesh/node/random.h"

#include <sys/random.h>

#include "p2p/err.h"

int um_random_fill(void *out, size_t n)
{
    return n <= 256 && getrandom(out, n, 0) == (ssize_t)n ? 0 : P2P_ECRYPTO;
}
