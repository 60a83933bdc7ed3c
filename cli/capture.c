/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See capture.h. stdout is a variable of the C library, which may be set. */
#include "cli/capture.h"

#include <stdlib.h>

bool um_capture_begin(struct um_capture *c)
{
    FILE *memory;

    *c = (struct um_capture){.real = stdout};
    (void)fflush(stdout);
    memory = open_memstream(&c->text, &c->len);
    if (memory == NULL) {
        return false;
    }
    stdout = memory;
    return true;
}

void um_capture_end(struct um_capture *c)
{
    (void)fclose(stdout);
    stdout = c->real;
}

void um_capture_fini(struct um_capture *c)
{
    free(c->text);
    c->text = NULL;
}
