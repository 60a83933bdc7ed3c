/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The certificates of a Unit, which does not give them out: from files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/body.h"

/* A certificate of Unit's from a file. */
static int add_certificate(struct um_cli_body *b, const char *name,
                           const char *file)
{
    struct um_buf bytes = UM_BUF_INIT;
    int rv = um_cli_file(file, &bytes);

    if (rv == UM_EXIT_DONE) {
        um_cli_body_under(b, "certificates", name, um_buf_view(&bytes));
    }
    if (bytes.p != NULL) {
        explicit_bzero(bytes.p, bytes.len);
    }
    um_buf_fini(&bytes);
    return rv;
}

/* Each --cert NAME=FILE. */
static int add_named(const struct um_cli *c, struct um_cli_body *b)
{
    char name[256];
    int rv = UM_EXIT_DONE;

    for (size_t i = 0; i < c->o.certs_n && rv == UM_EXIT_DONE; i++) {
        const char *given = c->o.certs[i], *is = strchr(given, '=');
        size_t len = is != NULL ? (size_t)(is - given) : 0;

        if (len == 0 || len >= sizeof name) {
            return um_cli_wrong(c, given, "must be NAME=FILE");
        }
        memcpy(name, given, len);
        name[len] = '\0';
        rv = add_certificate(b, name, is + 1);
    }
    return rv;
}

/* All in Unit's state folder: certs/NAME. */
static int add_state(const struct um_cli *c, struct um_cli_body *b)
{
    char folder[4096], path[sizeof folder + 256 + 1];
    const char *state = um_cli_opt(c, UM_OPT_UNIT_STATE);
    struct dirent *e;
    int rv = UM_EXIT_DONE;
    DIR *d;

    if (state == NULL) {
        return rv;
    }
    (void)snprintf(folder, sizeof folder, "%s/certs", state);
    d = opendir(folder);
    if (d == NULL) {
        (void)fprintf(stderr, "unitmesh: %s: %s\n", folder, strerror(errno));
        return UM_EXIT_ERROR;
    }
    while (rv == UM_EXIT_DONE && (e = readdir(d)) != NULL) {
        if (e->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            rv = add_certificate(b, e->d_name, path);
        }
    }
    (void)closedir(d);
    return rv;
}

int um_cli_body_certificates(struct um_cli_body *b, const struct um_cli *c)
{
    int rv = add_state(c, b);

    return rv == UM_EXIT_DONE ? add_named(c, b) : rv;
}
