/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What owners say: on a node, or signed elsewhere and carried there. */
#ifndef UM_CLI_OWNER_H
#define UM_CLI_OWNER_H

#include "cli/answer.h"
#include "mesh/trust/code.h"
#include "p2p/key.h"

/**
 * Sends an owner's request and reads its answer, as um_cli_ask(). With
 * --to-sign nothing is said; what is to be signed goes into that file.
 * @param path of the request; ended here
 */
struct yyjson_doc *um_cli_owner_ask(const struct um_cli *c,
                                    struct um_request *r, struct um_buf *path,
                                    int *code);

/** Prints what a revocation, or a VOID, would take with it. */
void um_cli_falls(FILE *out, struct yyjson_val *root);

/**
 * Shows by a dry run what would fall, and asks whether to go on, if
 * um_cli_asks().
 * @param of the request, but for its path
 * @param path the request's, not ended
 * @param text a sentence before the question; NULL: none
 * @return UM_EXIT_DONE: go on
 */
int um_cli_consent_falls(const struct um_cli *c, const struct um_request *of,
                         struct um_str path, const char *text);

/** Gives a signed statement to the daemon. @return an exit code, after it was
 * said what is wrong */
int um_cli_owner_carry(const struct um_cli *c, struct um_str envelope);

/** Reads the recovery key that somebody types or pipes; on a terminal it is not
 * shown. @param out owned. An exit code, after it was said what is wrong */
int um_cli_paper(const struct um_cli *c, struct p2p_key **out);

/** `unitmesh recover`. */
int um_cli_recover(struct um_cli *c);

#endif
