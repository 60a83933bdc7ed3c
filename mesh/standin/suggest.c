/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Suggestions, by edit distance with neighbours swapped (optimal string
 * alignment). Long names have no distance and are never suggested.
 */
#include "mesh/standin/suggest.h"

#include <assert.h>
#include <stdint.h>

typedef size_t row[UM_SSUGGEST_MAX + 1];

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t cell(struct um_str a, struct um_str b, size_t i, size_t j,
                   row *const rows[3])
{
    size_t cost = a.p[i - 1] == b.p[j - 1] ? 0 : 1;
    size_t d = least((*rows[0])[j - 1] + 1, (*rows[1])[j] + 1);

    d = least(d, (*rows[1])[j - 1] + cost);
    if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
        d = least(d, (*rows[2])[j - 2] + 1);
    return d;
}

static size_t distance(struct um_str a, struct um_str b)
{
    row store[3];
    row *rows[3] = {&store[0], &store[1], &store[2]};

    if (a.len > UM_SSUGGEST_MAX || b.len > UM_SSUGGEST_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++) {
        (*rows[0])[j] = j;
        (*rows[1])[j] = 0;
    }
    for (size_t i = 1; i <= a.len; i++) {
        row *oldest = rows[2];

        rows[2] = rows[1];
        rows[1] = rows[0];
        rows[0] = oldest;
        (*rows[0])[0] = i;
        for (size_t j = 1; j <= b.len; j++)
            (*rows[0])[j] = cell(a, b, i, j, rows);
    }
    return (*rows[0])[b.len];
}

void um_ssuggest_init(struct um_ssuggest *s, struct um_str written)
{
    *s = (struct um_ssuggest){
        .written = written, .distance = SIZE_MAX, .second = SIZE_MAX};
}

void um_ssuggest_offer(struct um_ssuggest *s, struct um_str name)
{
    size_t d = distance(s->written, name);

    if (d < s->distance) {
        s->second = s->distance;
        s->distance = d;
        s->best = name;
    } else if (d < s->second) {
        s->second = d;
    }
}

struct um_str um_ssuggest_best(const struct um_ssuggest *s)
{
    size_t threshold = s->written.len / 3 > 2 ? s->written.len / 3 : 2;
    size_t shorter = least(s->written.len, s->best.len);

    assert(s->distance <= s->second);
    if (s->distance > threshold || s->distance == s->second ||
        s->distance * 2 > shorter)
        return um_str_n(NULL, 0);
    return s->best;
}
