/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Documents, scripts and sealed objects by their hash: on the disk, and the
 * last ones that were used in memory.
 */
#ifndef UM_NODE_PAPERS_H
#define UM_NODE_PAPERS_H

#include "mesh/applier/vault.h"
#include "mesh/node/disk.h"
#include "mesh/trust/name.h"

/** Bytes that are kept in memory, besides those on their way to the disk. */
#define UM__CAP_PAPERS_BYTES (16U << 20)

/** Bytes on their way to the disk; more are refused while it is full or slow.
 */
#define UM__CAP_PAPERS_WRITING (64U << 20)

/** Papers that are kept in memory; they are looked through one by one. */
#define UM_PAPERS_KEPT 256U

struct um_papers;

/** Papers on a disk, which is borrowed. Owned; NULL: no memory. */
struct um_papers *um_papers_new(struct um_disk *disk);

/** Frees them, after the disk: what was on its way is told of. */
void um_papers_free(struct um_papers *p);

/**
 * Keeps bytes: in the disk's row now, so whatever is put into the row behind it
 * is on disk together with it or later.
 * @param hash set to their SHA-256
 * @return 0, P2P_ETOOBIG, P2P_ELIMIT (too many wait for the disk), P2P_ENOMEM,
 *         P2P_ECLOSED (it ends)
 */
int um_papers_put(struct um_papers *p, struct um_str bytes,
                  struct um_name *hash);

/** The bytes with a hash, valid until the next call on p. Errors:
 * P2P_ENOTFOUND, P2P_EFORMAT (damaged on disk), P2P_ENOMEM, the store's. */
int um_papers_get(struct um_papers *p, const struct um_name *hash,
                  struct um_str *out);

/** Appends the hashes of those in memory: they were used lately, or are on
 * their way to the disk. */
void um_papers_names(const struct um_papers *p, struct um_buf *out);

/** The same papers, as a vault wants them; borrows p. */
struct um_vault_papers um_papers_port(struct um_papers *p);

/** Whether they are here, without reading them. */
bool um_papers_has(struct um_papers *p, const struct um_name *hash);

#endif
