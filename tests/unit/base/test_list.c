/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/list.h"
#include "unit.h"

struct item {
    struct p2p__list link;
    char letter;
};

static void items_init(struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p2p__list_init(&items[i].link);
        items[i].letter = (char)('a' + i);
    }
}

/* The letters of a list, forwards, and the same backwards in reverse. */
static void assert_list(const struct p2p__list *head, const char *expect)
{
    char text[16] = "", back[16] = "";
    size_t n = 0, len = strlen(expect);

    P2P__LIST_EACH (it, head) {
        text[n++] = P2P__CONTAINER(it, struct item, link)->letter;
    }
    assert_string_equal(text, expect);
    for (struct p2p__list *it = head->prev; it != head; it = it->prev) {
        back[--n] = P2P__CONTAINER(it, struct item, link)->letter;
    }
    assert_string_equal(back, expect);
    assert_int_equal(p2p__list_empty(head), len == 0);
}

static void test_both_ends(void **state)
{
    struct p2p__list head;
    struct item items[4];

    (void)state;
    p2p__list_init(&head);
    items_init(items, 4);
    assert_list(&head, "");
    assert_null(p2p__list_first(&head));
    assert_null(p2p__list_pop(&head));
    p2p__list_push(&head, &items[1].link);
    p2p__list_push(&head, &items[2].link);
    p2p__list_push_front(&head, &items[0].link);
    p2p__list_push(&head, &items[3].link);
    assert_list(&head, "abcd");
    assert_ptr_equal(p2p__list_first(&head), &items[0].link);
    assert_ptr_equal(p2p__list_pop(&head), &items[0].link);
    assert_true(p2p__list_empty(&items[0].link));
    assert_list(&head, "bcd");
}

static void test_removing_is_harmless_twice(void **state)
{
    struct p2p__list head;
    struct item items[3];

    (void)state;
    p2p__list_init(&head);
    items_init(items, 3);
    for (size_t i = 0; i < 3; i++) {
        p2p__list_push(&head, &items[i].link);
    }
    p2p__list_remove(&items[1].link);
    p2p__list_remove(&items[1].link);
    assert_list(&head, "ac");
    p2p__list_push(&head, &items[1].link);
    assert_list(&head, "acb");
}

static void test_a_walk_may_remove_what_it_stands_on(void **state)
{
    struct p2p__list head;
    struct item items[5];
    size_t seen = 0;

    (void)state;
    p2p__list_init(&head);
    items_init(items, 5);
    for (size_t i = 0; i < 5; i++) {
        p2p__list_push(&head, &items[i].link);
    }
    P2P__LIST_EACH_SAFE (it, &head) {
        if (seen++ % 2 == 0) {
            p2p__list_remove(it);
        }
    }
    assert_int_equal(seen, 5);
    assert_list(&head, "bd");
}

static void test_moments_do_not_wrap_round(void **state)
{
    (void)state;
    assert_true(p2p__ns_after(5, 7) == 12);
    assert_true(p2p__ns_after(P2P_NEVER - 1, 1) == P2P_NEVER);
    assert_true(p2p__ns_after(P2P_NEVER - 1, 2) == P2P_NEVER);
    assert_true(p2p__ns_after(10, P2P_NEVER) == P2P_NEVER);
    assert_true(p2p__ns_min(P2P_NEVER, 3) == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends),
        cmocka_unit_test(test_removing_is_harmless_twice),
        cmocka_unit_test(test_a_walk_may_remove_what_it_stands_on),
        cmocka_unit_test(test_moments_do_not_wrap_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
