/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What the daemon answers, for people: mistakes with their exit code, JSON as
 * values, spans of time as ages. Texts that come out of answers are harmless
 * for terminals.
 */
#ifndef UM_CLI_ANSWER_H
#define UM_CLI_ANSWER_H

#include <stdio.h>

#include "cli/command.h"
#include "cli/request.h"

struct yyjson_doc;
struct yyjson_val;

/** Exit codes. */
enum um_exit {
    UM_EXIT_DONE = 0,
    UM_EXIT_ERROR = 1,
    UM_EXIT_USAGE = 2,
    UM_EXIT_NODE = 3,  /**< a node refuses the configuration */
    UM_EXIT_GUARD = 4, /**< a guard refuses, or somebody was first */
};

/**
 * Sends a request.
 * @return UM_EXIT_DONE: the answer is in r, a success; else it was said why not
 */
int um_cli_send(const struct um_cli *c, struct um_request *r);

/**
 * The answer of a request that went well, as JSON.
 * @param code set to UM_EXIT_ERROR if it is none, after that was said
 * @return owned, or NULL
 */
struct yyjson_doc *um_cli_read(const struct um_request *r, int *code);

/**
 * Sends a request and reads its answer; with `-o json` or yaml it is printed
 * instead.
 * @param path as um_cli_path_end() returns it: NULL is an error that was said
 * @param code set to the exit code
 * @return owned, or NULL: there is nothing more to do
 */
struct yyjson_doc *um_cli_ask(const struct um_cli *c, struct um_request *r,
                              int *code);

/** The same of a GET. */
struct yyjson_doc *um_cli_get(const struct um_cli *c, const char *path,
                              int *code);

/** The same, but whatever `-o` says nothing is printed. */
struct yyjson_doc *um_cli_value(const struct um_cli *c, const char *path,
                                int *code);

/** Room for a text that is shown. */
#define UM_CLI_TEXT 1200

/** A member's text, harmless, "" if it has none; returns buf. */
const char *um_cli_text(struct yyjson_val *obj, const char *key,
                        char buf[UM_CLI_TEXT]);

/** The same of a value, JSON if it is no text. */
const char *um_cli_shown(struct yyjson_val *v, char buf[UM_CLI_TEXT]);

/** A member's number; 0 if it has none. */
uint64_t um_cli_number(struct yyjson_val *obj, const char *key);

/** A member that is true. */
bool um_cli_true(struct yyjson_val *obj, const char *key);

/** Elements of an array of texts, with a comma between them; returns buf. */
const char *um_cli_list(struct yyjson_val *arr, char buf[UM_CLI_TEXT]);

/** The end of a peer id, which tells more than its front; returns buf. */
const char *um_cli_short(const char *id, char buf[UM_CLI_TEXT]);

/** What a member is called: its "name", or the end of its "id". */
const char *um_cli_member(struct yyjson_val *member, char buf[UM_CLI_TEXT]);

/** Room for an age. */
#define UM_CLI_AGE 24

/** A span as one number with its unit: 5s, 3m, 2h, 4d; returns buf. */
const char *um_cli_age(uint64_t ms, char buf[UM_CLI_AGE]);

/** How long ago a time of the wall clock is; 0: "" */
const char *um_cli_ago(uint64_t wall_ms, char buf[UM_CLI_AGE]);

/** How far ahead it is; "expired" if it is not. */
const char *um_cli_until(uint64_t wall_ms, char buf[UM_CLI_AGE]);

/** Prints JSON with an end of line; texts in it are harmless. */
void um_cli_print(struct yyjson_val *v);

/** Prints the "warnings" of an answer, to standard error. */
void um_cli_warnings(struct yyjson_val *root);

/** Prints what an answer says of success; NULL: nothing. */
void um_cli_success(struct yyjson_doc *answer);

/** Says that there is nothing of what was asked for: on standard error, so that
 * nothing is in a pipe; with --watch where else it would be. */
void um_cli_nothing(const struct um_cli *c, const char *text);

/** Prints JSON for a program, as `-o` says. */
void um_cli_form(const struct um_cli *c, FILE *out, const char *json,
                 size_t len);

/** The same of a value that was made of it. */
void um_cli_form_value(const struct um_cli *c, struct yyjson_val *v);

/** Prints an answer's bytes, but for CR; on a terminal they are made harmless.
 * With `-o yaml` it is YAML. */
void um_cli_raw(const struct um_cli *c, const struct um_request *r);

/** Prints an answer that is JSON for people, numbers as they were written;
 * with `-o json` as it came, with `-o yaml` as YAML. */
void um_cli_pretty(const struct um_cli *c, const struct um_request *r);

#endif
