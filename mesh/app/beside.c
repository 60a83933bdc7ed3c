/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See beside.h. A certificate is shown to mesh/control, as if somebody put it
 * into a mesh: what Unit would not take is noticed before there is one. */
#include "mesh/app/beside.h"

#include <stdio.h>
#include <string.h>

#include "mesh/control/control.h"
#include "mesh/doc/parse.h"

void um_beside_fini(struct um_beside *b)
{
    for (size_t i = 0; i < b->n; i++) {
        explicit_bzero((void *)(uintptr_t)b->parts[i].bytes.p,
                       b->parts[i].bytes.len);
    }
    um_arena_fini(&b->arena);
    b->n = 0;
}

/* Adds a part; copied. */
static bool add(struct um_beside *b, enum um_bundle_kind kind,
                struct um_str name, struct um_str bytes)
{
    struct um_founder_part *p = &b->parts[b->n];

    if (b->n == UM_BESIDE_MAX || name.len == 0 || bytes.len == 0 ||
        !um_arena_dup(&b->arena, name, &p->name) ||
        !um_arena_dup(&b->arena, bytes, &p->bytes)) {
        return false;
    }
    p->kind = kind;
    b->n++;
    return true;
}

/* Whether a Unit would take a certificate. */
static bool is_certificate(struct um_beside *b, struct um_str name,
                           struct um_str bytes)
{
    struct um_control_request ask = {.method = UM_STR("PUT"), .body = bytes};
    struct um_control_state state = {.revision = UM_STR("r1")};
    struct um_control_answer out;
    struct um_buf path = UM_BUF_INIT;
    struct um_val document;
    bool is = false;

    um_buf_text(&path, "/certificates/");
    um_buf_str(&path, name);
    if (!um_buf_failed(&path) &&
        um_doc_parse(UM_STR("{\"base\":{}}"), &b->arena, &document, NULL) ==
            0) {
        ask.path = um_buf_view(&path);
        state.document = &document;
        um_control_answer(&b->arena, &state, &ask, &out);
        is = out.kind == UM_CONTROL_SEAL;
    }
    um_buf_fini(&path);
    return is;
}

bool um_beside_certificates(struct um_beside *b, const struct um_val *certs)
{
    if (certs == NULL) {
        return true;
    }
    if (certs->kind != UM_VAL_OBJECT) {
        return false;
    }
    for (size_t i = 0; i < certs->count; i++) {
        const struct um_member *m = &certs->members.p[i];

        if (m->value.kind != UM_VAL_STRING ||
            !is_certificate(b, m->name, m->value.text) ||
            !add(b, UM_BUNDLE_CERTIFICATE, m->name, m->value.text)) {
            return false;
        }
    }
    return true;
}

bool um_beside_scripts(struct um_beside *b, struct um_str modules)
{
    struct um_val all;
    bool fine = um_doc_parse(modules, &b->arena, &all, NULL) == 0 &&
                all.kind == UM_VAL_OBJECT;

    for (size_t i = 0; fine && i < all.count; i++) {
        const struct um_member *m = &all.members.p[i];

        fine = m->value.kind == UM_VAL_STRING &&
               add(b, UM_BUNDLE_SCRIPT, m->name, m->value.text);
    }
    return fine;
}

/* ---- what is named */

/* Names that a configuration has, and whether each is here. */
struct look {
    struct um_beside *b;
    bool named[UM_BESIDE_MAX];
    const struct um_val *lacks; /* the first that is not */
    enum um_bundle_kind kind;
};

static void look_at(struct look *l, enum um_bundle_kind kind,
                    const struct um_val *name)
{
    for (size_t i = 0; i < l->b->n; i++) {
        if (l->b->parts[i].kind == kind && name->kind == UM_VAL_STRING &&
            um_str_eq(l->b->parts[i].name, name->text)) {
            l->named[i] = true;
            return;
        }
    }
    if (l->lacks == NULL && name->kind == UM_VAL_STRING) {
        l->lacks = name;
        l->kind = kind;
    }
}

/* One name, or a list of them. */
static void look_at_all(struct look *l, enum um_bundle_kind kind,
                        const struct um_val *v)
{
    if (v != NULL && v->kind == UM_VAL_ARRAY) {
        for (size_t i = 0; i < v->count; i++) {
            look_at(l, kind, &v->items.p[i]);
        }
    } else if (v != NULL) {
        look_at(l, kind, v);
    }
}

static const struct um_val *object(const struct um_val *v, const char *name)
{
    const struct um_val *m = v != NULL && v->kind == UM_VAL_OBJECT
                                 ? um_val_member(v, um_str(name))
                                 : NULL;

    return m != NULL && m->kind == UM_VAL_OBJECT ? m : NULL;
}

static void look_at_config(struct look *l, const struct um_val *config)
{
    const struct um_val *listeners = object(config, "listeners");
    const struct um_val *settings = object(config, "settings");

    for (size_t i = 0; listeners != NULL && i < listeners->count; i++) {
        const struct um_val *tls =
            object(&listeners->members.p[i].value, "tls");

        if (tls != NULL) {
            look_at_all(l, UM_BUNDLE_CERTIFICATE,
                        um_val_member(tls, UM_STR("certificate")));
        }
    }
    if (settings != NULL) {
        look_at_all(l, UM_BUNDLE_SCRIPT,
                    um_val_member(settings, UM_STR("js_module")));
    }
}

/* What is not named does not go into the mesh. */
static void leave_out(struct um_beside *b, const bool *named)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (named[i]) {
            b->parts[n++] = b->parts[i];
        } else {
            explicit_bzero((void *)(uintptr_t)b->parts[i].bytes.p,
                           b->parts[i].bytes.len);
        }
    }
    b->n = n;
}

const char *um_beside_lacks(struct um_beside *b, const struct um_val *config)
{
    struct look l = {.b = b};
    int len;

    look_at_config(&l, config);
    leave_out(b, l.named);
    if (l.lacks == NULL) {
        return NULL;
    }
    len = l.lacks->text.len < 100 ? (int)l.lacks->text.len : 100;
    (void)snprintf(b->lack, sizeof b->lack,
                   l.kind == UM_BUNDLE_CERTIFICATE
                       ? "Unit has the certificate %.*s, and does not give it "
                         "out: --cert %.*s=FILE says where its chain and key "
                         "are, --unit-state DIR where Unit keeps all of them"
                       : "Unit names the script %.*s and does not show it%.*s",
                   len, l.lacks->text.p,
                   l.kind == UM_BUNDLE_CERTIFICATE ? len : 0, l.lacks->text.p);
    return b->lack;
}
