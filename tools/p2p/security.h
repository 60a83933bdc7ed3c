/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Security protocols by their names on the command line. */
#ifndef TOOLS_P2P_SECURITY_H
#define TOOLS_P2P_SECURITY_H

#include <stdbool.h>

#include <p2p/p2p.h>

/* How many there are, and NULL at the end. */
#define SECURITY_MAX 3

/* The names that this program was built with, between commas. */
const char *security_names(void);

/* Fills `out` with those of a list such as "tls,noise", in its order; false:
 * a name is unknown, or stands there twice. */
bool security_list(const char *names,
                   const struct p2p_security *out[SECURITY_MAX]);

#endif
