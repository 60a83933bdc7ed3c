/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The pre-shared key of a private network, and the file `swarm.key` that it is
 * kept in. Hosts of one network have one key; others cannot say a word to them
 * (p2p_host_config.psk).
 */
#ifndef P2P_PSK_H
#define P2P_PSK_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of a key. */
#define P2P_PSK_BYTES 32

/** The longest file that is read, in bytes. */
#define P2P_PSK_FILE_MAX 1024

/** Room for any text that p2p_psk_read() makes, in bytes. */
#define P2P_PSK_WHY_MAX 128

/**
 * Reads the content of a `swarm.key`: the line `/key/swarm/psk/1.0.0/`, a line
 * that says how the key is written (`/base16/`, `/base64/` or `/bin/`), and the
 * key. Lines end with LF or CRLF. Spec: libp2p pnet, PSK v1.
 * @param file borrows the bytes of the file
 * @param len  how many
 * @param psk  room for the key; all zero on failure
 * @param why  room for what is wrong, which names the line: "line 2: …"; not
 *             touched on success. Never has a part of the key. May be NULL
 * @param cap  bytes of `why`
 * @return 0, P2P_EFORMAT (not such a file), P2P_ENOTSUP (the key is written in
 *         another way), P2P_ETOOBIG (the file)
 */
P2P_API int p2p_psk_read(const void *file, size_t len,
                         uint8_t psk[P2P_PSK_BYTES], char *why, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
