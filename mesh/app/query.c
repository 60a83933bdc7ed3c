/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See query.h. A list of what may be asked, and one of where that means
 * something, as the tables of docs/reference/rest-mesh.md have it. */
#include "mesh/app/query.h"

#include <stdio.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/segment.h"
#include "mesh/base/utf8.h"

/* Room for a name as it is told; a longer one is cut. */
#define SHOWN_BYTES 64

/* What an argument is of. */
enum group {
    DRY = 1,
    SECRET = 2,
    UNSIGNED = 4,
    MANNER = 8, /* how a revision comes into force */
    ANY = 16    /* what says how long to wait, and guards: elsewhere there is
                   nothing to wait for, or to override */
};

static const struct {
    const char *name;
    enum group group;
} known[] = {{"dry-run", DRY},   {"secret", SECRET}, {"unsigned", UNSIGNED},
             {"trial", MANNER},  {"staged", MANNER}, {"deadline", MANNER},
             {"soak", MANNER},   {"budget", MANNER}, {"no-wait", ANY},
             {"wait", ANY},      {"timeout", ANY},   {"force", ANY},
             {"supersede", ANY}, {"despite", ANY},   {"alone", ANY},
             {"skewed", ANY},    {"crowded", ANY}};

#define KNOWN (sizeof known / sizeof known[0])

/* What means something below a path, see um_segment_match(); the first that
 * fits. */
static const struct {
    const char *path;
    unsigned groups;
} places[] = {{"/config/", DRY | MANNER},
              {"/certificates/", DRY | MANNER},
              {"/js_modules/", DRY | MANNER},
              {"/mesh/overlays/", DRY | MANNER | SECRET},
              {"/mesh/variables/", DRY | MANNER | SECRET},
              {"/mesh/probes/", DRY | MANNER},
              {"/mesh/revisions/*/rollback", MANNER},
              {"/mesh/conflicts/*/*", MANNER},
              {"/mesh/reseal", MANNER},
              {"/mesh/void", DRY | UNSIGNED},
              {"/mesh/members/*", DRY | UNSIGNED},
              {"/mesh/members/*/role", DRY | UNSIGNED},
              {"/mesh/members/*/replace", DRY | UNSIGNED},
              {"/mesh/members/*/labels/*", UNSIGNED},
              {"/mesh/pending/*", UNSIGNED},
              {"/mesh/settings/*", UNSIGNED}};

static unsigned groups_at(const char *path)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (um_segment_match(places[i].path, path)) {
            return places[i].groups | ANY;
        }
    }
    return ANY;
}

bool um_query_fits(struct um_http_req *req)
{
    const char *names[KNOWN], *other;
    char name[SHOWN_BYTES], text[SHOWN_BYTES + 100];
    unsigned groups = groups_at(um_http_path(req));
    size_t n = 0;

    for (size_t i = 0; i < KNOWN; i++) {
        if ((groups & known[i].group) != 0) {
            names[n++] = known[i].name;
        }
    }
    other = strcmp(um_http_method(req), "GET") != 0
                ? um_http_query_other(req, names, n)
                : NULL;
    if (other == NULL) {
        return true;
    }
    (void)snprintf(name, sizeof name, "%s", other);
    um_utf8_harmless(name);
    (void)snprintf(text, sizeof text,
                   "\"%s\" in the query means nothing here: nothing was done.",
                   name);
    um_answer_error(req, 400, "Invalid request.", text);
    return false;
}
