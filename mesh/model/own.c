/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See own.h. As bytes it is a message of mesh/base/pb.h: lists are names
 * behind each other, and a byte for each attempt says why it is bad. */
#include "mesh/model/own.h"

#include <assert.h>

#include "p2p/err.h"

enum {
    F_VERSION = 1,
    F_APPLIED = 2,
    F_EFFECTIVE = 3,
    F_TRYING = 4,
    F_TRYING_EFFECTIVE = 5,
    F_GOOD = 6,
    F_BAD = 7,
    F_BAD_EFFECTIVE = 8,
    F_BAD_WHY = 9,
    F_DRIVING = 10,
    F_ROW_SEQ = 11,
    F_OFFERED = 12
};

#define VERSION 1

void um_own_write(const struct um_own *own, struct um_buf *out)
{
    struct um_name bad[UM__CAP_OWN_BAD], effective[UM__CAP_OWN_BAD];
    uint8_t why[UM__CAP_OWN_BAD];

    for (size_t i = 0; i < own->bad_n; i++) {
        bad[i] = own->bad[i].revision;
        effective[i] = own->bad[i].effective;
        why[i] = (uint8_t)own->bad[i].why;
    }
    assert(own->bad_n <= UM__CAP_OWN_BAD && own->good_n <= UM_OWN_GOOD);
    um_pb_put_num(out, F_VERSION, VERSION);
    um_name_put(out, F_APPLIED, &own->applied);
    um_name_put(out, F_EFFECTIVE, &own->effective);
    um_name_put(out, F_TRYING, &own->trying);
    um_name_put(out, F_TRYING_EFFECTIVE, &own->trying_effective);
    um_pb_put_bytes(out, F_GOOD, own->good, own->good_n * UM_NAME_BYTES);
    um_pb_put_bytes(out, F_BAD, bad, own->bad_n * UM_NAME_BYTES);
    um_pb_put_bytes(out, F_BAD_EFFECTIVE, effective,
                    own->bad_n * UM_NAME_BYTES);
    um_pb_put_bytes(out, F_BAD_WHY, why, own->bad_n);
    um_pb_put_bytes(out, F_DRIVING, own->driving,
                    own->driving_n * UM_NAME_BYTES);
    um_pb_put_num(out, F_ROW_SEQ, own->row_seq);
    um_name_put(out, F_OFFERED, &own->offered);
}

/* Names behind each other; `n` is set to how many. */
static void read_names(struct um_pb *m, unsigned field, size_t max,
                       struct um_name *out, size_t *n)
{
    struct um_str s;

    *n = 0;
    um_pb_bytes(m, field, max * UM_NAME_BYTES, &s);
    um_pb_need(m, s.len % UM_NAME_BYTES == 0);
    if (m->err != 0 || s.len == 0)
        return;
    memcpy(out, s.p, s.len);
    *n = s.len / UM_NAME_BYTES;
}

static void read_bad(struct um_pb *m, struct um_own *out)
{
    struct um_name bad[UM__CAP_OWN_BAD], effective[UM__CAP_OWN_BAD];
    struct um_str why;
    size_t n;

    read_names(m, F_BAD, UM__CAP_OWN_BAD, bad, &out->bad_n);
    read_names(m, F_BAD_EFFECTIVE, UM__CAP_OWN_BAD, effective, &n);
    um_pb_bytes(m, F_BAD_WHY, UM__CAP_OWN_BAD, &why);
    um_pb_need(m, n == out->bad_n && why.len == n);
    if (m->err != 0)
        return;
    for (size_t i = 0; i < n; i++)
        out->bad[i] = (struct um_tried){
            bad[i], effective[i],
            why.p[i] == UM_BAD_UNHEALTHY ? UM_BAD_UNHEALTHY : UM_BAD_REFUSED};
}

int um_own_read(struct um_str bytes, struct um_own *out)
{
    struct um_pb m;
    uint64_t version;

    memset(out, 0, sizeof *out);
    um_pb_read(&m, bytes);
    um_pb_num(&m, F_VERSION, VERSION, &version);
    um_pb_need(&m, version == VERSION);
    um_name_read(&m, F_APPLIED, &out->applied);
    um_name_read(&m, F_EFFECTIVE, &out->effective);
    um_name_read(&m, F_TRYING, &out->trying);
    um_name_read(&m, F_TRYING_EFFECTIVE, &out->trying_effective);
    read_names(&m, F_GOOD, UM_OWN_GOOD, out->good, &out->good_n);
    read_bad(&m, out);
    read_names(&m, F_DRIVING, UM__CAP_OWN_DRIVING, out->driving,
               &out->driving_n);
    um_pb_num(&m, F_ROW_SEQ, UM_PB_NUM_MAX, &out->row_seq);
    um_name_read(&m, F_OFFERED, &out->offered);
    return m.err;
}

bool um_own_note_good(struct um_own *own, const struct um_name *revision)
{
    if (own->good_n > 0 && um_name_eq(&own->good[own->good_n - 1], revision))
        return false;
    if (own->good_n == UM_OWN_GOOD)
        memmove(&own->good[0], &own->good[1],
                (--own->good_n) * sizeof *own->good);
    assert(own->good_n < UM_OWN_GOOD);
    own->good[own->good_n++] = *revision;
    return true;
}

void um_own_note_bad(struct um_own *own, const struct um_tried *a)
{
    size_t at = 0;

    while (at < own->bad_n &&
           !(um_name_eq(&own->bad[at].revision, &a->revision) &&
             um_name_eq(&own->bad[at].effective, &a->effective) &&
             own->bad[at].why == a->why))
        at++;
    if (at == own->bad_n && own->bad_n < UM__CAP_OWN_BAD)
        own->bad_n++;
    if (at == own->bad_n)
        at--;
    memmove(&own->bad[1], &own->bad[0], at * sizeof *own->bad);
    own->bad[0] = *a;
}

bool um_own_forget_bad(struct um_own *own, enum um_bad why,
                       const struct um_name *revision)
{
    size_t n = 0, had = own->bad_n;

    for (size_t i = 0; i < had; i++) {
        const struct um_tried *a = &own->bad[i];

        if (a->why != why ||
            (revision != NULL && !um_name_eq(&a->revision, revision)))
            own->bad[n++] = *a;
    }
    own->bad_n = n;
    return n < had;
}

bool um_own_refused(const struct um_own *own, const struct um_name *revision,
                    const struct um_name *effective)
{
    for (size_t i = 0; i < own->bad_n; i++) {
        const struct um_tried *a = &own->bad[i];

        if (a->why == UM_BAD_REFUSED && um_name_eq(&a->revision, revision) &&
            (effective == NULL || um_name_eq(&a->effective, effective)))
            return true;
    }
    return false;
}

bool um_own_bad_still(const struct um_own *own, const struct um_tried *a)
{
    return a->why != UM_BAD_REFUSED ||
           !um_name_eq(&a->revision, &own->applied) ||
           um_name_eq(&a->effective, &own->effective);
}

bool um_own_drives(const struct um_own *own, const struct um_name *revision)
{
    for (size_t i = 0; i < own->driving_n; i++) {
        if (um_name_eq(&own->driving[i], revision))
            return true;
    }
    return false;
}

void um_own_drive(struct um_own *own, const struct um_name *revision)
{
    if (um_own_drives(own, revision))
        return;
    if (own->driving_n == UM__CAP_OWN_DRIVING)
        own->driving_n--;
    memmove(&own->driving[1], &own->driving[0],
            own->driving_n * sizeof *own->driving);
    own->driving[0] = *revision;
    own->driving_n++;
}
