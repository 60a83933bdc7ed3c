/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Bodies of requests: a JSON object of a few members, or a file. */
#ifndef UM_CLI_BODY_H
#define UM_CLI_BODY_H

#include "cli/command.h"
#include "mesh/base/buf.h"

struct yyjson_mut_doc;
struct yyjson_mut_val;

/** Bytes of a file that is sent; the daemon takes no more. */
#define UM_CLI_BYTES (8U << 20)

/** An object; all zero is an empty one. */
struct um_cli_body {
    struct yyjson_mut_doc *doc;
    struct yyjson_mut_val *root;
    char *text; /**< after um_cli_body_end() */
};

/** Begins an object. */
void um_cli_body_init(struct um_cli_body *b);

/** A member; not added if the value is NULL. Borrows it. */
void um_cli_body_text(struct um_cli_body *b, const char *key,
                      const char *value);
void um_cli_body_true(struct um_cli_body *b, const char *key);
void um_cli_body_uint(struct um_cli_body *b, const char *key, uint64_t value);

/** A member that is a list of texts. Borrows them. */
void um_cli_body_texts(struct um_cli_body *b, const char *key,
                       char *const *values, size_t n);

/** A member of an object that is a member: a text, copied. */
void um_cli_body_under(struct um_cli_body *b, const char *object,
                       const char *key, struct um_str text);

/**
 * Adds "certificates": those of --cert and --unit-state.
 * @return 0, or an exit code after it was said what is wrong
 */
int um_cli_body_certificates(struct um_cli_body *b, const struct um_cli *c);

/** Ends it: its text, valid until fini; p NULL: memory is out. */
struct um_str um_cli_body_end(struct um_cli_body *b);

/** Frees it. */
void um_cli_body_fini(struct um_cli_body *b);

/**
 * Appends a file's bytes; "-" is standard input.
 * @return 0, or an exit code after it was said what is wrong
 */
int um_cli_file(const char *path, struct um_buf *out);

/**
 * Appends what a call gives as a value: the file of -f, or a word. One of the
 * two has to be there.
 * @param word NULL: none was given
 * @return 0, or an exit code after it was said what is wrong
 */
int um_cli_given(const struct um_cli *c, const char *word, struct um_buf *out);

#endif
