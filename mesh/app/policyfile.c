/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See policyfile.h. */
#include "mesh/app/policyfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"

#define MAX_BYTES UM__CAP_POLICY_BYTES

/* What is wrong, and where: in the text, in the document. */
static void complain(const struct um_log *log, const char *path,
                     const struct um_doc_error *err, const char *unread)
{
    char place[64] = "";

    if (err->text != NULL && err->line > 0) {
        (void)snprintf(place, sizeof place, " line %zu, column %zu:", err->line,
                       err->column);
    }
    um_log_line(log, UM_LOG_ERROR,
                "the policy %s:%s %s%s%.*s; nothing is run without it", path,
                place, err->text != NULL ? err->text : unread,
                err->has_pointer && err->pointer.len > 0 ? " at " : "",
                err->has_pointer ? (int)err->pointer.len : 0,
                err->has_pointer && err->pointer.len > 0 ? err->pointer.p : "");
}

int um_policy_file_read(struct um_policy_file *f, const char *state,
                        const char *named, const struct um_log *log)
{
    char path[600];
    struct um_doc_error err = {0};
    const char *why;
    FILE *in;
    char *text;
    size_t n;
    int rv = 0;

    *f = (struct um_policy_file){.memory = UM_ARENA_INIT};
    um_policy_default(&f->policy);
    if (snprintf(path, sizeof path, named != NULL ? "%s" : "%s/policy.json",
                 named != NULL ? named : state) >= (int)sizeof path) {
        um_log_line(log, UM_LOG_ERROR, "the policy %s: the path is too long",
                    path);
        return P2P_EIO; /* another file would be none, or another policy */
    }
    in = fopen(path, "rbe");
    why = strerror(errno);
    if (in == NULL && errno == ENOENT && named == NULL) {
        return 0;
    }
    text = in != NULL ? malloc(MAX_BYTES + 1) : NULL;
    n = text != NULL ? fread(text, 1, MAX_BYTES + 1, in) : 0;
    rv = text == NULL
             ? P2P_EIO
             : um_policy_parse(&f->memory, um_str_n(text, n), &f->policy, &err);
    if (rv != 0) {
        complain(log, path, &err, in != NULL ? "cannot be read" : why);
    }
    free(text);
    if (in != NULL) {
        (void)fclose(in);
    }
    return rv;
}

void um_policy_file_fini(struct um_policy_file *f)
{
    um_arena_fini(&f->memory);
}
