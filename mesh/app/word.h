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
#include "mesh/trust/carry.h"

/** The most statements that one request leads to. */
#define UM_WORD_STATEMENTS_MAX UM__CAP_CARRY_STATEMENTS

/** Whether a request wants what is to be signed, for an owner's key that is
 * elsewhere: `?unsigned`. */
static inline bool um_word_unsigned(const struct um_http_req *req)
{
    return um_http_query(req, "unsigned") != NULL;
}

/** Whether an owner's key is here that may still say something, or is not
 * needed (`?unsigned`); else the request is answered 403. */
bool um_word_may(struct um_node *n, struct um_http_req *req);

/** Who will have said it: the key that is here, or, for who signs elsewhere,
 * the first owner. */
void um_word_speaker(struct um_node *n, struct um_http_req *req,
                     struct um_name *out);

/** Signs and gives a statement, or answers with what is to be signed. @param
 * answer of success; taken */
void um_word_give(struct um_daemon *d, struct um_http_req *req,
                  struct um_statement *s, struct um_json *answer);

/** The same of several, in their order. @param n at most
 * UM_WORD_STATEMENTS_MAX */
void um_word_give_all(struct um_daemon *d, struct um_http_req *req,
                      struct um_statement *list, size_t n,
                      struct um_json *answer);

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
