/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See body.h. */
#include "cli/body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"

void um_cli_body_init(struct um_cli_body *b)
{
    b->text = NULL;
    b->doc = yyjson_mut_doc_new(NULL);
    b->root = yyjson_mut_obj(b->doc);
    yyjson_mut_doc_set_root(b->doc, b->root);
}

void um_cli_body_text(struct um_cli_body *b, const char *key, const char *value)
{
    if (value != NULL) {
        (void)yyjson_mut_obj_add_str(b->doc, b->root, key, value);
    }
}

void um_cli_body_true(struct um_cli_body *b, const char *key)
{
    (void)yyjson_mut_obj_add_true(b->doc, b->root, key);
}

void um_cli_body_uint(struct um_cli_body *b, const char *key, uint64_t value)
{
    (void)yyjson_mut_obj_add_uint(b->doc, b->root, key, value);
}

void um_cli_body_texts(struct um_cli_body *b, const char *key,
                       char *const *values, size_t n)
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(b->doc, b->root, key);

    for (size_t i = 0; i < n; i++) {
        (void)yyjson_mut_arr_add_str(b->doc, list, values[i]);
    }
}

void um_cli_body_under(struct um_cli_body *b, const char *object,
                       const char *key, struct um_str text)
{
    yyjson_mut_val *o = yyjson_mut_obj_get(b->root, object);

    if (o == NULL) {
        o = yyjson_mut_obj_add_obj(b->doc, b->root, object);
    }
    (void)yyjson_mut_obj_add(o, yyjson_mut_strcpy(b->doc, key),
                             yyjson_mut_strncpy(b->doc, text.p, text.len));
}

struct um_str um_cli_body_end(struct um_cli_body *b)
{
    size_t len = 0;

    b->text = yyjson_mut_write(b->doc, 0, &len);
    if (b->text == NULL) {
        (void)fputs("unitmesh: what was typed cannot be sent as JSON\n",
                    stderr);
    }
    return um_str_n(b->text, len);
}

void um_cli_body_fini(struct um_cli_body *b)
{
    free(b->text);
    yyjson_mut_doc_free(b->doc);
}

static int complain(const char *path, const char *why)
{
    (void)fprintf(stderr, "unitmesh: %s: %s\n", path, why);
    return UM_EXIT_ERROR;
}

int um_cli_file(const char *path, struct um_buf *out)
{
    bool in = strcmp(path, "-") == 0;
    FILE *f = in ? stdin : fopen(path, "rb");
    char part[16384];
    size_t n;
    int rv = UM_EXIT_DONE;

    if (f == NULL) {
        return complain(path, strerror(errno));
    }
    while (rv == UM_EXIT_DONE && (n = fread(part, 1, sizeof part, f)) > 0) {
        um_buf_add(out, part, n);
        if (out->len > UM_CLI_BYTES) {
            rv = complain(path, "more than 8 MiB");
        }
    }
    if (rv == UM_EXIT_DONE && ferror(f)) {
        rv = complain(path, strerror(errno));
    }
    if (!in) {
        (void)fclose(f);
    }
    if (rv == UM_EXIT_DONE && um_buf_failed(out)) {
        rv = complain(path, "out of memory");
    }
    return rv;
}

int um_cli_given(const struct um_cli *c, const char *word, struct um_buf *out)
{
    const char *path = um_cli_opt(c, UM_OPT_FILE);

    if ((path == NULL) == (word == NULL)) {
        return um_cli_wrong(c, path != NULL ? word : "a value is missing",
                            "give a value, or -f FILE");
    }
    if (path != NULL) {
        return um_cli_file(path, out);
    }
    um_buf_text(out, word);
    return um_buf_failed(out) ? complain("it", "out of memory") : UM_EXIT_DONE;
}
