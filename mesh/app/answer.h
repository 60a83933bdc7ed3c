/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Answers over REST: texts, JSON, and what is wrong, as Unit says it. */
#ifndef UM_APP_ANSWER_H
#define UM_APP_ANSWER_H

#include "mesh/app/json.h"
#include "mesh/base/log.h"
#include "mesh/model/reply.h"
#include "mesh/rest/auth.h"

/** Answers with text. */
void um_answer_text(struct um_http_req *req, unsigned status, const char *text);

/** Answers with JSON, and frees it. */
void um_answer_json(struct um_http_req *req, unsigned status,
                    struct um_json *j);

/** Answers with a mistake: {"error": …, "detail": …}. @param detail NULL: none
 */
void um_answer_error(struct um_http_req *req, unsigned status,
                     const char *error, const char *detail);

/** Answers 400, with where it is wrong: {…, "location": {"path": …, "of": …}}.
 * @param of what the pointer leads into: "body" or "document"
 * @param pointer RFC 6901; empty: it is about all of it, and not said */
void um_answer_located(struct um_http_req *req, const char *error,
                       const char *detail, const char *of,
                       struct um_str pointer);

/** Adds "warnings" to an answer, with one. */
void um_answer_warning(struct um_json *j, const char *warning);

/** The same with a list: an array of texts; without any nothing is added. */
void um_answer_warnings(struct um_json *j, const struct um_val *list);

/** Answers with what came of a command that was refused: also "override", the
 * argument with which it would be done. @param about shown revision, or "" */
void um_answer_refusal(struct um_http_req *req, enum um_reply answer,
                       const char *about);

/** Answers why a request may not be done, or not yet; an alarm is logged. */
void um_answer_verdict(struct um_http_req *req, const struct um_log *log,
                       const struct um_auth_verdict *v);

#endif
