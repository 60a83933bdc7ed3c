/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Numbers as text. Fourteen characters fit into a 64-bit integer and a power
 * of ten, so values are compared exactly, without floating point. Failure
 * modes: Unit's refusals, in Unit's words.
 */
#include "mesh/doc/number.h"

#include <assert.h>
#include <stdint.h>

enum {
    INT64_DIGITS = 19, /* of 2^63 */
    DOUBLE_DIGITS = 17,
    LEAST_POINT = -307, /* of the least double: 0.222… * 10^-307 */
};

/* The beginnings of 2^63 and of the least normal double. */
static const uint64_t int64_end = 9223372036854775808U;
static const uint64_t double_least = 22250738585072014U;

/* 0.DIGITS * 10^point; zero is no digits. */
struct decimal {
    bool negative;
    uint64_t digits;
    unsigned count;
    int64_t point;
};

static bool is_digit(struct um_str s, size_t i)
{
    return i < s.len && s.p[i] >= '0' && s.p[i] <= '9';
}

static size_t skip_digits(struct um_str s, size_t i)
{
    while (is_digit(s, i))
        i++;
    return i;
}

/* The exponent whose first digit or sign is s.p[i]; at most 12 digits. */
static int64_t read_exponent(struct um_str s, size_t i)
{
    bool negative = s.p[i] == '-';
    int64_t n = 0;

    if (s.p[i] == '-' || s.p[i] == '+')
        i++;
    for (; i < s.len; i++)
        n = n * 10 + (s.p[i] - '0');
    return negative ? -n : n;
}

/* Reads a well-formed number of at most fourteen characters. */
static struct decimal read_decimal(struct um_str s)
{
    struct decimal d = {.negative = s.p[0] == '-'};
    bool fraction = false;
    unsigned zeros = 0; /* seen, and not yet followed by a digit */
    size_t i = d.negative;

    assert(s.len <= UM__CAP_DOC_NUMBER_CHARS);
    for (; i < s.len && (s.p[i] | 0x20) != 'e'; i++) {
        if (s.p[i] == '.') {
            fraction = true;
            continue;
        }
        if (s.p[i] != '0') {
            for (; d.count > 0 && zeros > 0; zeros--, d.count++)
                d.digits *= 10;
            zeros = 0;
            d.digits = d.digits * 10 + (uint64_t)(s.p[i] - '0');
            d.count++;
        } else if (d.count > 0) {
            zeros++;
        }
        if (!fraction)
            d.point += d.count > 0;
        else if (d.count == 0)
            d.point--;
    }
    if (d.count == 0)
        return (struct decimal){.negative = false};
    if (i < s.len)
        d.point += read_exponent(s, i + 1);
    return d;
}

/* The digits, filled up with zeros to a count. */
static uint64_t scaled(const struct decimal *d, unsigned count)
{
    uint64_t n = d->digits;

    for (unsigned i = d->count; i < count; i++)
        n *= 10;
    return n;
}

/* Whether an int64 or a double holds it. */
static bool in_range(const struct decimal *d)
{
    if (d->count == 0)
        return true;
    if (d->point > INT64_DIGITS || d->point < LEAST_POINT)
        return false;
    if (d->point == INT64_DIGITS)
        return scaled(d, INT64_DIGITS) <= int64_end;
    if (d->point == LEAST_POINT)
        return scaled(d, DOUBLE_DIGITS) >= double_least;
    return true;
}

static size_t fail(struct um_number_error *err, size_t at, const char *text)
{
    *err = (struct um_number_error){text, at};
    return 0;
}

/* Behind the exponent that may begin at i; 0 if it has no digits. */
static size_t skip_exponent(struct um_str s, size_t i)
{
    size_t digits;

    if (i == s.len || (s.p[i] | 0x20) != 'e')
        return i;
    i++;
    if (i < s.len && (s.p[i] == '-' || s.p[i] == '+'))
        i++;
    digits = skip_digits(s, i);
    return digits > i ? digits : 0;
}

size_t um_number_scan(struct um_str s, size_t at, struct um_number_error *err)
{
    size_t begin = at + (s.p[at] == '-');
    size_t end = skip_digits(s, begin);
    size_t whole = end - begin;
    struct decimal d;

    assert(is_digit(s, begin));
    if (end < s.len && s.p[end] == '.') {
        size_t dot = end;

        end = skip_digits(s, dot + 1);
        if (end == dot + 1)
            return fail(err, begin,
                        "The number is invalid.  A fraction part in JSON "
                        "numbers must contain at least one digit.");
    }
    if (whole > 1 && s.p[begin] == '0')
        return fail(err, begin,
                    "The number is invalid.  Leading zeros are not allowed in "
                    "JSON numbers.");
    end = skip_exponent(s, end);
    if (end == 0)
        return fail(err, at,
                    "The number is invalid.  An exponent part in JSON numbers "
                    "must contain at least one digit.");
    if (end - at > UM__CAP_DOC_NUMBER_CHARS)
        return fail(err, at,
                    "The number is too long.  Such a long JSON number value "
                    "is not supported.");
    d = read_decimal(um_str_n(s.p + at, end - at));
    if (!in_range(&d))
        return fail(err, at,
                    "The number is out of representable range.  Such JSON "
                    "number value is not supported.");
    return end;
}

bool um_number_equal(struct um_str a, struct um_str b)
{
    struct decimal x = read_decimal(a);
    struct decimal y = read_decimal(b);

    return x.negative == y.negative && x.digits == y.digits &&
           x.point == y.point;
}

/* Compares without regard to signs. */
static int compare_sizes(const struct decimal *x, const struct decimal *y)
{
    unsigned count = x->count > y->count ? x->count : y->count;
    uint64_t a = scaled(x, count);
    uint64_t b = scaled(y, count);

    if (x->count == 0 || y->count == 0)
        return (x->count > 0) - (y->count > 0);
    if (x->point != y->point)
        return x->point < y->point ? -1 : 1;
    return a < b ? -1 : a > b;
}

int um_number_compare(struct um_str a, struct um_str b)
{
    struct decimal x = read_decimal(a);
    struct decimal y = read_decimal(b);

    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    return x.negative ? compare_sizes(&y, &x) : compare_sizes(&x, &y);
}
