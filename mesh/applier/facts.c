/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See facts.h. Of several SETs of one label the one that counts is taken, so
 * no label comes twice. */
#include "mesh/applier/facts.h"

#include "mesh/trust/peer.h"
#include "p2p/err.h"

/* Whether a statement is the label of a member that counts now. */
static bool counts(struct um_roster *r, size_t i, const struct um_name *member,
                   const struct um_statement **out)
{
    bool stands;
    const struct um_statement *s = um_roster_at(r, i, &stands);

    *out = s;
    return stands && s->what == UM_SET && um_name_eq(&s->key, member) &&
           um_roster_value(r, member, s->name) == s;
}

static size_t count(struct um_roster *r, const struct um_name *member)
{
    const struct um_statement *s;
    size_t n = 0;

    for (size_t i = 0; i < um_roster_count(r); i++) {
        n += counts(r, i, member, &s);
    }
    return n;
}

int um_facts_of(struct um_arena *a, struct um_roster *roster,
                const struct um_name *member, struct um_str name,
                struct um_node_facts *out)
{
    char text[P2P_PEER_ID_TEXT_MAX];
    struct p2p_peer_id peer;
    struct um_label *labels =
        um_arena_zalloc(a, count(roster, member) + 1, sizeof *labels);
    const struct um_statement *s;

    um_peer_of(member, &peer);
    *out = (struct um_node_facts){.name = name, .labels = labels};
    if (labels == NULL ||
        !um_arena_dup(a, um_str(p2p_peer_id_text(&peer, text)), &out->id)) {
        return P2P_ENOMEM;
    }
    for (size_t i = 0; i < um_roster_count(roster); i++) {
        if (!counts(roster, i, member, &s)) {
            continue;
        }
        labels[out->label_count++] =
            (struct um_label){.key = s->name, .value = s->value};
        if (um_str_eq(s->name, UM_STR(UM_FACTS_NAME))) {
            out->name = s->value;
        }
    }
    return 0;
}
