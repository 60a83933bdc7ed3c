/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * An owner's word: a request that leads to a statement, signed with the owner's
 * key that is here, and answered when it is on the disk.
 */
#ifndef UM_APP_WORD_H
#define UM_APP_WORD_H

#include "mesh/app/json.h"
#include "mesh/app/wait.h"

/** Whether an owner's key is here that may still say something; else the
 * request is answered 403. */
bool um_word_may(struct um_node *n, struct um_http_req *req);

/** Signs and gives a statement. @param answer of success; taken */
void um_word_give(struct um_daemon *d, struct um_http_req *req,
                  struct um_statement *s, struct um_json *answer);

/** Gives a statement that was signed somewhere. Answers "statement", its id,
 * and "new". */
void um_word_pass(struct um_daemon *d, struct um_http_req *req);

/** An answer of success about a key. @param key NULL: about none */
void um_word_answer(struct um_json *j, const char *success,
                    const struct um_name *key);

/** What was put into the disk's row in this turn is answered for when it is
 * on the disk. @param answer taken */
void um_word_after(struct um_daemon *d, struct um_http_req *req,
                   struct um_json *answer);

#endif
