/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * usage: mesh-store STORE FLAW [killed]
 *
 * Writes the store of a small mesh with a flaw; killed: it does not close it,
 * so that all of it is in the journal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "small_mesh.h"

int main(int argc, char **argv)
{
    unsigned flaw = 0;
    struct um_store s;

    while (argc > 2 && flaw < SMALL_FLAWS &&
           strcmp(small_flaw_text((enum small_flaw)flaw), argv[2]) != 0)
        flaw++;
    if (argc < 3 || flaw == SMALL_FLAWS) {
        (void)fputs("usage: mesh-store STORE FLAW [killed]\n", stderr);
        return 2;
    }
    if (um_store_open(&s, argv[1], UM_STORE_CREATE) != 0) {
        (void)fprintf(stderr, "%s\n", s.text);
        return 1;
    }
    small_mesh_write(&s, (enum small_flaw)flaw);
    if (argc > 3)
        _exit(0);
    um_store_close(&s);
    return 0;
}
