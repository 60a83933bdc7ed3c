/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The public function of the library p2p-tls. */
#include "p2p/tls.h"

#include "chan/tls/tls.h"

const struct p2p_security *p2p_security_tls(void)
{
    return &p2p__tls_security;
}
