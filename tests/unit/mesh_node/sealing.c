/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See sealing.h. */
#include "sealing.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void missing(void *user, const struct um_name *hash)
{
    struct sealing *s = user;

    s->missing++;
    s->what = *hash;
}

int sealing_begin(void **state)
{
    struct sealing *s = calloc(1, sizeof *s);

    assert_non_null(s);
    mesh_maker_init(&s->mesh, 2);
    mesh_maker_roster(&s->mesh, &s->roster);
    rig_init(&s->store);
    fake_disk_init(&s->disk, &s->store.s);
    s->papers = um_papers_new(&s->disk);
    assert_non_null(s->papers);
    s->sealer = (struct um_sealer){s->papers, &s->mesh.mesh, &s->roster};
    for (unsigned i = 0; i < SEALING_NODES; i++)
        s->vault[i] = (struct um_vault){.papers = um_papers_port(s->papers),
                                        .key = s->mesh.keys[i],
                                        .mesh = s->mesh.mesh,
                                        .missing = missing,
                                        .user = s};
    *state = s;
    return 0;
}

int sealing_end(void **state)
{
    struct sealing *s = *state;

    fake_disk_fini(&s->disk);
    um_papers_free(s->papers);
    rig_fini(&s->store);
    um_roster_fini(&s->roster);
    mesh_maker_fini(&s->mesh);
    free(s);
    return 0;
}

struct um_name sealing_seal(struct sealing *s, const char *name,
                            const char *text)
{
    struct um_name hash;

    assert_int_equal(
        um_sealer_seal(&s->sealer, um_str(name), um_str(text), &hash), 0);
    return hash;
}

const char *sealing_hex(struct sealing *s, const struct um_name *hash)
{
    return um_name_text(hash, s->hex[s->hex_n++ % 4]);
}

const char *sealing_put(struct sealing *s, const char *text)
{
    struct um_name hash;

    assert_int_equal(um_papers_put(s->papers, um_str(text), &hash), 0);
    return sealing_hex(s, &hash);
}
