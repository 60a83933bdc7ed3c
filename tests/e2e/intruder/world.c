/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See world.h. */
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "p2p/hash.h"
#include "unit.h"

/* A document of one route, and what it comes to. */
static void write_document(struct rev *r, unsigned status)
{
    char config[sizeof r->document];

    (void)snprintf(config, sizeof config,
                   "{\"routes\":[{\"action\":{\"return\":%u}}]}", status);
    (void)snprintf(r->document, sizeof r->document, "{\"base\":%.100s}",
                   config);
    p2p_sha256(config, strlen(config), r->effective.b);
    p2p_sha256(r->document, strlen(r->document), r->doc.b);
}

/* A revision by a key, upon another one. */
static void sign(const struct mesh_maker *m, unsigned by, uint64_t number,
                 const struct um_name *parent, struct rev *r)
{
    struct um_revision rev = {.mesh = m->mesh,
                              .number = number,
                              .wall_ms = (uint64_t)time(NULL) * 1000,
                              .parents = {*parent},
                              .parents_n = 1,
                              .doc = r->doc,
                              .doc_bytes = (uint32_t)strlen(r->document)};

    assert_int_equal(um_revision_seal(&rev, m->keys[by], &r->envelope), 0);
    r->id = rev.id;
}

static void grant(struct mesh_maker *m, unsigned key, uint8_t roles)
{
    mesh_maker_say(m, OWNER,
                   (struct um_statement){
                       .what = UM_GRANT, .key = m->names[key], .roles = roles});
}

/* That ME may write, says a key that cannot say so. */
static void lie(const struct mesh_maker *m, unsigned by, struct um_buf *out)
{
    mesh_maker_sign(m, by,
                    (struct um_statement){.what = UM_GRANT,
                                          .key = m->names[ME],
                                          .roles = UM_NODE | UM_WRITER},
                    out);
}

void world_init(struct world *w)
{
    const struct um_name *last;

    memset(w, 0, sizeof *w);
    mesh_maker_init(&w->mesh, 0);
    grant(&w->mesh, ME, UM_NODE);
    grant(&w->mesh, WRITER, UM_NODE | UM_WRITER);
    mesh_maker_init(&w->other, 0);
    w->other.mesh.b[0] ^= 1; /* the same people in another mesh */
    last = &w->mesh.r1_id;
    for (unsigned i = 0; i < REVISIONS; i++) {
        write_document(&w->revs[i], 200 + i);
        sign(&w->mesh, WRITER, i + 2, last, &w->revs[i]);
        last = &w->revs[i].id;
    }
    for (unsigned i = 0; i < 3; i++) {
        write_document(&w->foreign[i], 500 + i);
    }
    sign(&w->mesh, ME, 90, last, &w->foreign[0]);
    sign(&w->mesh, STRANGER, 91, last, &w->foreign[1]);
    sign(&w->other, WRITER, 92, &w->other.r1_id, &w->foreign[2]);
    lie(&w->mesh, STRANGER, &w->lies[0]);
    lie(&w->mesh, ME, &w->lies[1]);
    lie(&w->other, OWNER, &w->lies[2]);
}

void world_fini(struct world *w)
{
    for (unsigned i = 0; i < REVISIONS; i++) {
        um_buf_fini(&w->revs[i].envelope);
    }
    for (unsigned i = 0; i < 3; i++) {
        um_buf_fini(&w->foreign[i].envelope);
        um_buf_fini(&w->lies[i]);
    }
    mesh_maker_fini(&w->mesh);
    mesh_maker_fini(&w->other);
}

static struct um_str paper_of(const struct rev *r, size_t n,
                              const struct um_name *hash)
{
    for (size_t i = 0; i < n; i++) {
        if (um_name_eq(&r[i].doc, hash)) {
            return um_str(r[i].document);
        }
    }
    return (struct um_str){NULL, 0};
}

struct um_str world_paper(const struct world *w, const struct um_name *hash)
{
    struct um_str s = paper_of(w->revs, REVISIONS, hash);

    return s.p != NULL ? s : paper_of(w->foreign, 3, hash);
}
