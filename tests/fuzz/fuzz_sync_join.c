/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Join: raw bytes for either side; or an honest exchange of which a byte or two
 * are changed on the way. Nobody is let in by what was changed.
 */
#include <stdlib.h>

#include "mesh/sync/inviter.h"
#include "mesh/sync/joiner.h"
#include "p2p/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define T0 UINT64_C(1764000000000)

enum { ROOT, OWNER, INVITER, JOINER, KEYS };

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* A node at whose door one asks; made once, since signing takes time. */
static struct {
    struct p2p_key *keys[KEYS];
    struct um_name names[KEYS];
    struct um_name mesh;
    struct um_roster roster;
    struct um_buf said[2];
    struct um_name ids[2];
    struct um_code code;
    struct um_invite invite;
} g;

static uint64_t no_revision(const void *user, const struct um_name *id)
{
    (void)user;
    (void)id;
    return 0;
}

static void say(unsigned i, struct um_statement s)
{
    static const struct um_known known = {no_revision, NULL};
    struct um_need what;

    s.mesh = g.mesh;
    s.wall_ms = T0;
    need(um_statement_seal(&s, g.keys[ROOT], &g.said[i]) == 0);
    g.ids[i] = s.id;
    if (i == 0) {
        g.mesh = s.id;
        um_roster_init(&g.roster, &g.mesh);
    }
    need(um_roster_add(&g.roster, &s, &known, &what) == 0);
}

static void make(void)
{
    if (g.keys[0] != NULL)
        return;
    for (unsigned i = 0; i < KEYS; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1)};

        need(p2p_key_from_seed(seed, &g.keys[i]) == 0);
        need(um_item_signer(g.keys[i], &g.names[i]) == 0);
    }
    say(0, (struct um_statement){.what = UM_GENESIS,
                                 .roles = UM_ROLES_ALL,
                                 .nonce = {1},
                                 .first = {{7}}});
    say(1, (struct um_statement){
               .what = UM_GRANT, .key = g.names[OWNER], .roles = UM_OWNER});
    memcpy(g.code.mesh, g.mesh.b, sizeof g.code.mesh);
    um_code_fingerprint(&g.names[OWNER], g.code.owner);
    um_invite_init(&g.invite, g.code.secret, g.code.mesh);
    g.invite.uses = 1;
    g.invite.roles = UM_NODE;
}

static bool invite_of(void *user, const uint8_t id[8], struct um_invite *out)
{
    (void)user;
    *out = g.invite;
    return memcmp(id, g.invite.id, 8) == 0;
}

static int statement_of(void *user, const struct um_name *id,
                        struct um_buf *out)
{
    (void)user;
    for (unsigned i = 0; i < 2; i++) {
        if (um_name_eq(&g.ids[i], id)) {
            um_buf_str(out, um_buf_view(&g.said[i]));
            return 0;
        }
    }
    return P2P_ENOTFOUND;
}

static int grant_of(void *user, const struct um_name *key, unsigned roles,
                    struct um_buf *out)
{
    struct um_statement s = {.what = UM_GRANT,
                             .mesh = g.mesh,
                             .key = *key,
                             .roles = (uint8_t)roles,
                             .wall_ms = T0};

    (void)user;
    return um_statement_seal(&s, g.keys[OWNER], out);
}

static bool waits(void *user, const struct um_name *key)
{
    (void)user;
    (void)key;
    return false;
}

static size_t waiting(void *user)
{
    (void)user;
    return 3;
}

/* An inviter hears bytes in pieces; its answer is appended. Whether it counted
 * a use. */
static bool invite(struct um_str in, size_t step, bool owner,
                   struct um_buf *out)
{
    const struct um_inviter_node node = {.roster = &g.roster,
                                         .open = true,
                                         .invite = invite_of,
                                         .statement = statement_of,
                                         .grant = owner ? grant_of : NULL,
                                         .waits = waits,
                                         .waiting = waiting};
    struct um_inviter_ev ev = {.coded = false};
    struct um_door door;
    struct um_inviter i;

    um_door_init(&door, 1000);
    um_inviter_init(&i,
                    &(struct um_inviter_cfg){.node = &node,
                                             .door = &door,
                                             .me = g.names[INVITER],
                                             .joiner = g.names[JOINER]},
                    1000);
    while (in.len > 0) {
        struct um_str piece = um_str_head(in, step);

        in = um_str_skip(in, piece.len);
        um_inviter_rx(&i, &piece, 1000, T0);
        need(piece.len == 0);
    }
    if (um_inviter_next(&i, &ev)) {
        need(um_inviter_tx(&i, out) == 0);
        um_inviter_stored(&i, 0);
    }
    (void)um_inviter_tx(&i, out);
    um_inviter_fini(&i);
    return ev.coded;
}

static void begin(struct um_joiner *j)
{
    um_joiner_init(j,
                   &(struct um_joiner_cfg){.code = &g.code,
                                           .me = g.names[JOINER],
                                           .inviter = g.names[INVITER],
                                           .name = UM_STR("x")},
                   1000);
}

static void hear(struct um_joiner *j, struct um_str in, size_t step)
{
    while (in.len > 0) {
        struct um_str piece = um_str_head(in, step);

        in = um_str_skip(in, piece.len);
        while (piece.len > 0)
            (void)um_joiner_rx(j, &piece);
    }
    um_joiner_closed(j);
    need(j->result != UM_JOINER_ASKING);
    need(um_joiner_text(j) != NULL);
    need(j->result != UM_JOINER_WELCOME ||
         (j->sure && j->roles == UM_NODE &&
          um_name_eq(&j->owner, &g.names[OWNER])));
}

/* Changes a byte, if there is one there; whether it did. */
static bool change(struct um_buf *b, const uint8_t how[3])
{
    size_t at = (size_t)how[0] << 8 | how[1];

    if (at >= b->len || how[2] == 0)
        return false;
    b->p[at] = (char)(uint8_t)((uint8_t)b->p[at] ^ how[2]);
    return true;
}

static void changed(const uint8_t *data, size_t step)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf answer = UM_BUF_INIT;
    struct um_joiner j;
    bool lied;
    bool counted;

    begin(&j);
    need(um_joiner_tx(&j, &hello) == 1);
    lied = change(&hello, data);
    counted = invite(um_buf_view(&hello), step, (data[6] & 1) != 0, &answer);
    need(lied || counted);
    lied = change(&answer, data + 3);
    hear(&j, um_buf_view(&answer), step);
    need(!lied || j.result != UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_joiner j;
    struct um_str raw;

    if (size < 9)
        return 0;
    make();
    raw = um_str_n((const char *)data + 2, size - 2);
    switch (data[0] % 3) {
        case 0:
            changed(data + 2, 1U + data[1]);
            break;
        case 1:
            need(!invite(raw, 1U + data[1], true, &out));
            break;
        default:
            begin(&j);
            hear(&j, raw, 1U + data[1]);
            need(j.result != UM_JOINER_WELCOME);
            um_joiner_fini(&j);
            break;
    }
    um_buf_fini(&out);
    return 0;
}
