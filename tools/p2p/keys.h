/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Identities of the tool. */
#ifndef TOOLS_P2P_KEYS_H
#define TOOLS_P2P_KEYS_H

#include <p2p/key.h>

/* The type of a name such as "ed25519", or P2P_EINVAL. */
int key_type_of(const char *name);

/* Reads a private key protobuf from a file. P2P_ENOTFOUND, P2P_EACCES (others
 * can read it, too), P2P_EIO, P2P_ETOOBIG, P2P_EFORMAT, P2P_ENOTSUP. */
int key_load(const char *path, struct p2p_key **out);

/* Writes it to a new file with mode 0600. P2P_EEXIST, P2P_EIO. */
int key_save(const char *path, const struct p2p_key *key);

/* The fixed Ed25519 key of a number: little-endian in the first four of 32
 * bytes. */
int key_from_number(uint64_t seed, struct p2p_key **out);

#endif
