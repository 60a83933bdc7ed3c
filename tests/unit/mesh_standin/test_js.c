/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/js.h"

#include <string.h>

#include "unit.h"

/* want NULL: the module is fine. */
static void module(const char *source, const char *want)
{
    struct um_buf why = UM_BUF_INIT;
    bool ok = um_sjs_check_module(um_str(source), UM_STR("m"), &why);

    um_buf_byte(&why, '\0');
    if (strcmp(why.p, want != NULL ? want : "") != 0)
        fail_msg("%s: %s", source, why.p);
    assert_int_equal(ok, want == NULL);
    um_buf_fini(&why);
}

#define END "\"SyntaxError: Unexpected end of input\n    at m:1\n\""

static void test_modules(void **state)
{
    (void)state;
    module("export default {f}", NULL);
    module("function f(r) { return r.a[0]; }\nexport default {f};", NULL);
    module("const a = 1;",
           "\"SyntaxError: export statement is required\n    at m:1\n\"");
    module("", "\"SyntaxError: export statement is required\n    at m:1\n\"");
    module("// export default",
           "\"SyntaxError: export statement is "
           "required\n    at m:1\n\"");
    module("{ export default {} }",
           "\"SyntaxError: export statement is "
           "required\n    at m:1\n\"");
}

static void test_brackets(void **state)
{
    (void)state;
    module("export default {", END);
    module("export default (", END);
    module("export default [[]", END);
    module("\n\nexport default }",
           "\"SyntaxError: Unexpected token \"}\"\n    at m:3\n\"");
    module("export default (]",
           "\"SyntaxError: Unexpected token \"]\"\n    at m:1\n\"");
}

static void test_brackets_in_quotes_are_none(void **state)
{
    (void)state;
    module("export default {a: '}', b: \"{\", c: `(`}", NULL);
    module("export default {a: '\\'}', b: 1}", NULL);
    module("export default /* } */ {} // )", NULL);
    module("export default /[)}/]/g", NULL);
    module("export default [/[(]/, a + /[(]/]", NULL);
    module("export default {a: b / 2, c: (d) / 2 / 3}", NULL);
    module("export default function() { return /[(]/ }", NULL);
    module("export default {a: 'x", END);
    module("export default {a: 'x\n'}", END);
    module("export default /* {}", END);
}

static void test_templates(void **state)
{
    (void)state;
    module("export default `a${b}c${`d${e}`}`", NULL);
    module("export default `a${{b: 1}.b}`", NULL);
    module("export default `\\${`", NULL);
    module("export default `a${b", END);
    module("export default `a", END);
    module("export default `${)}`",
           "\"SyntaxError: Unexpected token \")\"\n    at m:1\n\"");
}

static void test_deep_nesting_is_an_error(void **state)
{
    struct um_buf src = UM_BUF_INIT;
    struct um_buf why = UM_BUF_INIT;

    (void)state;
    um_buf_fill(&src, '(', 10000);
    um_buf_fill(&src, ')', 10000);
    assert_false(um_sjs_check_expression(um_buf_view(&src), &why));
    um_buf_fini(&src);
    um_buf_fini(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_brackets),
        cmocka_unit_test(test_brackets_in_quotes_are_none),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_deep_nesting_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
