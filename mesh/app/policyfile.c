/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See policyfile.h. */
#include "mesh/app/policyfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/err.h"

#define MAX_BYTES UM__CAP_POLICY_BYTES

int um_policy_file_read(struct um_policy_file *f, const char *state,
                        const char *named, const struct um_log *log)
{
    char path[600];
    struct um_doc_error err = {0};
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
    if (in == NULL && errno == ENOENT && named == NULL) {
        return 0;
    }
    text = in != NULL ? malloc(MAX_BYTES + 1) : NULL;
    n = text != NULL ? fread(text, 1, MAX_BYTES + 1, in) : 0;
    rv = text == NULL
             ? P2P_EIO
             : um_policy_parse(&f->memory, um_str_n(text, n), &f->policy, &err);
    if (rv != 0) {
        um_log_line(log, UM_LOG_ERROR, "the policy %s: %s (line %zu)", path,
                    err.text != NULL ? err.text : "cannot be read", err.line);
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
