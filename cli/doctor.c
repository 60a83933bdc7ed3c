/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is to be mended here and in the mesh, each with what mends it. */
#include <stdio.h>
#include <yyjson.h>

#include "cli/answer.h"

/* What was found of a kind; how much. */
static size_t print(yyjson_val *findings, bool advice)
{
    char text[UM_CLI_TEXT], mend[UM_CLI_TEXT];
    yyjson_val *v;
    size_t i, all, n = 0;

    yyjson_arr_foreach(findings, i, all, v)
    {
        if (um_cli_true(v, "advice") != advice) {
            continue;
        }
        if (n++ == 0 && advice) {
            (void)puts("It works without this, too:\n");
        }
        (void)puts(um_cli_text(v, "text", text));
        if (um_cli_text(v, "mend", mend)[0] != '\0') {
            (void)printf("    %s\n", mend);
        }
        (void)putchar('\n');
    }
    return n;
}

static int doctor(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_value(c, "/mesh/doctor", &code);
    yyjson_val *root = yyjson_doc_get_root(doc);
    size_t n;

    if (doc == NULL) {
        return code;
    }
    if (c->o.json) {
        um_cli_form_value(c, root);
    } else {
        n = print(yyjson_obj_get(root, "findings"), false);
        (void)print(yyjson_obj_get(root, "findings"), true);
        if (n == 0) {
            (void)puts("Nothing has to be mended.");
        } else {
            (void)printf("%zu thing%s to mend.\n", n, n == 1 ? "" : "s");
        }
    }
    code = um_cli_true(root, "well") ? UM_EXIT_DONE : UM_EXIT_ERROR;
    yyjson_doc_free(doc);
    return code;
}

static const struct um_cli_verb doctor_verbs[] = {
    {NULL, "",
     "Looks at this node and its mesh, and says what to mend, and how; 1 if "
     "there is something.",
     0, doctor},
};

const struct um_cli_command um_cli_doctor[] = {
    UM_CLI_COMMAND("doctor", "what to mend, and how", doctor_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
