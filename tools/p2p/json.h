/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One JSON object a line on stdout, as programs read them. */
#ifndef TOOLS_P2P_JSON_H
#define TOOLS_P2P_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p2p/p2p.h>

/* An object under construction, on stdout. */
struct json {
    bool first; /* no comma yet at this level */
};

/* Begins an object whose first member is "type". */
void json_begin(struct json *j, const char *type);

/* Begins the answer of a command: {"type":"reply","cmd":CMD,"ok":…}, and the
 * error's text if the status is one. */
void json_reply(struct json *j, const char *cmd, int status);

/* Ends it with a newline and flushes. */
void json_end(struct json *j);

/* Members of the object, or, with key NULL, elements of an array. */
void json_text(struct json *j, const char *key, const char *text);
void json_bytes(struct json *j, const char *key, const void *p, size_t len);
void json_int(struct json *j, const char *key, int64_t n);
void json_uint(struct json *j, const char *key, uint64_t n);
void json_real(struct json *j, const char *key, double n);
void json_bool(struct json *j, const char *key, bool b);
void json_null(struct json *j, const char *key);
void json_peer(struct json *j, const char *key, const struct p2p_peer_id *id);
void json_addr(struct json *j, const char *key, const struct p2p_multiaddr *a);
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

#endif
