/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The JSON of status answers, written into a buffer. */
#ifndef UM_APP_JSON_H
#define UM_APP_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh/base/buf.h"

/** Bytes of a text without an end that are shown. */
#define UM_JSON_STR_BYTES 4096U

/** A document under construction. */
struct um_json {
    struct um_buf buf;
    bool first; /**< no comma yet at this level */
};

/** Begins with an object. */
void um_json_init(struct um_json *j);

/** Members, or, with key NULL, elements. */
void um_json_text(struct um_json *j, const char *key, const char *text);
/** The same of a text without an end, of which UM_JSON_STR_BYTES are shown. */
void um_json_str(struct um_json *j, const char *key, struct um_str s);
/** A value that is JSON already. */
void um_json_raw(struct um_json *j, const char *key, struct um_str json);
void um_json_uint(struct um_json *j, const char *key, uint64_t n);
void um_json_real(struct um_json *j, const char *key, double n);
void um_json_bool(struct um_json *j, const char *key, bool b);

/** Objects and arrays inside. */
void um_json_open(struct um_json *j, const char *key, char bracket);
void um_json_close(struct um_json *j, char bracket);

/** Ends the outer object with a newline; the text is valid until fini. */
const char *um_json_finish(struct um_json *j, size_t *len);

/** Frees it. */
void um_json_fini(struct um_json *j);

#endif
