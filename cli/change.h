/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Requests that make a revision, and how their outcome is shown. */
#ifndef UM_CLI_CHANGE_H
#define UM_CLI_CHANGE_H

#include "cli/answer.h"

/**
 * Sends a change with what the call's flags say: message, If-Match, the policy
 * and what overrides guards. Prints the new revision, or the changes of a dry
 * run.
 * @param path the request's, not ended; flags are appended
 * @param body p NULL: none
 * @return an exit code
 */
int um_cli_change(const struct um_cli *c, const char *method,
                  struct um_buf *path, struct um_str body);

/** The same in two steps, for who has to come back between them. */
struct um_cli_change {
    const struct um_cli *c;
    const char *method;
    struct um_buf *path; /**< borrowed, not ended, without the call's flags */
    struct um_str body;
    const char *file; /**< where it came from; NULL: as the flags say */
    char tag[128]; /**< only if that is current, with its quotes; "": what the
                      call's flags say */
    bool made;     /**< there is a revision of it, whatever came of that */
    long status;   /**< of the last answer; 0: there was none */
};

/**
 * What it would change, by a dry run.
 * @param code set to an exit code; what is wrong was said
 * @return owned: the answer; NULL: there is none
 */
struct yyjson_doc *um_cli_change_try(struct um_cli_change *ch, int *code);

/** Makes it and prints what came of it; an exit code. */
int um_cli_change_make(struct um_cli_change *ch);

/** Whether a request with that path changes the document, and knows dry runs.
 */
bool um_cli_is_of_document(struct um_str path);

/**
 * The entity tag of the document in force, with its quotes.
 * @return UM_EXIT_DONE, or an exit code after it was said why not
 */
int um_cli_tag(const struct um_cli *c, char tag[128]);

/** The revision of an entity tag as people say it: r42.9f3c. */
void um_cli_tag_name(const char tag[128], char name[32]);

#endif
