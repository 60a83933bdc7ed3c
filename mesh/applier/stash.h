/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Documents, scripts and sealed objects by their hash, in memory, the ones that
 * came last; and which ones were asked for and did not come yet.
 */
#ifndef UM_APPLIER_STASH_H
#define UM_APPLIER_STASH_H

#include "mesh/applier/vault.h"
#include "mesh/base/buf.h"

struct um_stash;

/** One that holds so many bytes at most. Owned; NULL: no memory. */
struct um_stash *um_stash_new(size_t max_bytes);

/** Frees it. */
void um_stash_free(struct um_stash *s);

/** Notes that a hash is wanted. @return whether it has to be asked for: it is
 * not here, and was not asked for before */
bool um_stash_want(struct um_stash *s, const struct um_name *hash);

/** What was asked for: p NULL, it is not to be had.
 * @return 0; P2P_ENOTFOUND (nobody asked), P2P_EAUTH (the bytes have another
 *         hash), P2P_ENOMEM */
int um_stash_came(struct um_stash *s, const struct um_name *hash,
                  struct um_str bytes);

/** How many were asked for and did not come. */
size_t um_stash_awaits(const struct um_stash *s);

/** Whether something that was asked for is not to be had; forgets that. */
bool um_stash_lacks(struct um_stash *s);

/** As a vault wants it; borrows s. */
struct um_vault_papers um_stash_port(struct um_stash *s);

#endif
