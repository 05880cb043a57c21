//! What is one token, and of which kind.

use super::*;

/// The tokens of a text, each as its kind and its bytes.
fn check(text: &str, expected: &[(Kind, &str)]) {
    let tokens = Lexer::new(text.as_bytes());
    let found: Vec<_> =
        tokens.map(|token| (token.kind, std::str::from_utf8(token.text).unwrap())).collect();
    assert_eq!(found, expected, "{text}");
}

/// One token that is the whole text.
fn check_one(kind: Kind, text: &str) {
    check(text, &[(kind, text)]);
}

#[test]
fn a_string_of_any_form_is_one_token() {
    for text in [
        "'a'",
        "''",
        "'it''s; -- /* $1'",
        r"'a\'",
        r"E'it\'s\\'",
        "e'a''b'",
        "U&'d\\0061t'",
        "u&''",
        "B'01'",
        "x'1F'",
        "$$it's; $a$ --$$",
        "$tag$ $$ $tagg$ $tag$",
        "$ä$'$ä$",
        "'never ends",
        "$$never ends$",
        r"E'never ends\'",
    ] {
        check_one(Kind::Text, text);
    }
}

#[test]
fn a_string_goes_on_after_a_line_break_alone() {
    check_one(Kind::Text, "'a'\n'b'");
    check_one(Kind::Text, "'a' -- c'\n  'b'  \r 'c'");
    check_one(Kind::Text, "E'a'\n'it\\'s'");
    check("'a' 'b'", &[(Kind::Text, "'a'"), (Kind::Text, "'b'")]);
    check("'a' /*\n*/ 'b'", &[(Kind::Text, "'a'"), (Kind::Text, "'b'")]);
    check("'a'\n-- c", &[(Kind::Text, "'a'")]);
}

#[test]
fn a_national_string_is_a_word_and_a_string_as_in_postgresql() {
    check("N'a'", &[(Kind::Word, "N"), (Kind::Text, "'a'")]);
}

#[test]
fn comments_are_no_tokens() {
    check("a -- b\nc", &[(Kind::Word, "a"), (Kind::Word, "c")]);
    check("a/* ' /* b */ \" */c", &[(Kind::Word, "a"), (Kind::Word, "c")]);
    check("a/*/*/**/c", &[(Kind::Word, "a")]);
    check("--", &[]);
    check("/*! SET a = 1 */ SELECT", &[(Kind::Word, "SELECT")]);
}

#[test]
fn names_and_words_are_told_apart() {
    check_one(Kind::Name, "\"a \"\" 'b;\"");
    check_one(Kind::Name, "U&\"d\\0061t\"");
    check_one(Kind::Word, "_a$1ä");
    check("a.b", &[(Kind::Word, "a"), (Kind::Dot, "."), (Kind::Word, "b")]);
    check("e 'a'", &[(Kind::Word, "e"), (Kind::Text, "'a'")]);
}

#[test]
fn what_is_not_ascii_counts_as_a_letter_in_any_encoding() {
    let token = Lexer::new(b"\xe4\xff\x80 = 1").next().unwrap();
    assert_eq!((token.kind, token.text), (Kind::Word, &b"\xe4\xff\x80"[..]));
}

#[test]
fn numbers_of_any_form_are_one_token() {
    for text in ["0", "42", "4.", ".5", "1.5e-10", "1e5", "1E+5", "1_000.5", "0x1F", "0o17", "0b1"]
    {
        check_one(Kind::Number, text);
    }
    check("1..10", &[(Kind::Number, "1"), (Kind::Other, ".."), (Kind::Number, "10")]);
    check("1e", &[(Kind::Number, "1"), (Kind::Word, "e")]);
    check("$1", &[(Kind::Parameter, "$1")]);
    check("$1a", &[(Kind::Parameter, "$1"), (Kind::Word, "a")]);
    check("a$", &[(Kind::Word, "a$")]);
    check("$ 1", &[(Kind::Other, "$"), (Kind::Number, "1")]);
}

#[test]
fn an_operator_ends_as_in_postgresql() {
    check("=-1", &[(Kind::Operator, "="), (Kind::Operator, "-"), (Kind::Number, "1")]);
    check("@-1", &[(Kind::Operator, "@-"), (Kind::Number, "1")]);
    check("*--1", &[(Kind::Operator, "*")]);
    check("+/*a*/+", &[(Kind::Operator, "+"), (Kind::Operator, "+")]);
    check("- -", &[(Kind::Operator, "-"), (Kind::Operator, "-")]);
    check("->>", &[(Kind::Operator, "->>")]);
    check("a::b", &[(Kind::Word, "a"), (Kind::Cast, "::"), (Kind::Word, "b")]);
    check("a:=b", &[(Kind::Word, "a"), (Kind::Other, ":="), (Kind::Word, "b")]);
    check(
        "[1],(2);",
        &[
            (Kind::Open, "["),
            (Kind::Number, "1"),
            (Kind::Close, "]"),
            (Kind::Comma, ","),
            (Kind::Open, "("),
            (Kind::Number, "2"),
            (Kind::Close, ")"),
            (Kind::Semicolon, ";"),
        ],
    );
}
