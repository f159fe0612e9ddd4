"""The marks of a text's form, each with what is one and the longer list of what is none."""
# tables, one case a line
# ruff: noqa: E501

import pytest

from temper.verifiers.instruction.marks import (
    bullets,
    comma,
    divided_paragraphs,
    has_title,
    highlights,
    is_quoted,
    other_bullets,
    paragraphs,
    placeholders,
    postscript,
    sections,
    unfenced,
)

POSTSCRIPTS = [
    ("P.S.", "P.S. More."), ("P.S.", "Hi.\nP.S. More."), ("P.S.", "p. s. more"), ("P.S.", "P.S More"), ("P.S.", "P.S.More"), ("P.S.", "Hi\n**P.S.** more"), ("P.S.", "Hi\n  *P.S.*\nmore"), ("P.S.", "P.S.\nMore."), ("P.S.", "P.S.:\n\nMore."),
    ("P.S.", "P.S. [Name], come"), ("P.S.", "P.S. (more)"), ("P.S.", "P.S. “More”"), ("P.S.", "P.S. \"More\""), ("P.S.", "P.S. 🎉"), ("P.S.", "P.S. $5"), ("P.S.", "P.S. €"), ("P.S.", "P.S. - more"), ("P.S.", "P.S. — *more*"), ("P.S.", "P.S. ¡Más!"),
    ("P.S.", "> P.S. more"), ("P.S.", "- P.S. more"), ("P.S.", "\"P.S. more\""), ("P.S.", "(P.S. more)"), ("P.S.", "📝 P.S. more"), ("P.S.", "<p>P.S. more</p>"), ("P.S.", "### P.S.\nmore"), ("P.S.", "P.S. (Postscript): more"), ("P.S.", "P.\u200bS. more"),
    ("P.P.S", "P.P.S More."), ("P.P.S", "P.P.S. More."), ("P.P.S", "p.p.s: more"), ("P.P.S", "P. P. S. more"), ("P.P.S", "P.P.S.\n\n[Name] more"), ("P.D.", "P.D. Más"), ("PS:", "PS: more"), ("PS:", "PS:more"), ("Post scriptum", "post  scriptum: more"), ("追伸", "追伸 また"), ("# PS", "# PS more"),
]  # fmt: skip
NO_POSTSCRIPTS = [
    ("P.S.", ""), ("P.S.", "Hi."), ("P.S.", "P.S."), ("P.S.", "P.S.\n"), ("P.S.", "Hi\nP.S. ..."), ("P.S.", "**P.S.**"), ("P.S.", "P.S. []"), ("P.S.", "P.S. ---"), ("P.S.", "P.S. \u200b"), ("P.S.", "Hi P.S. more"), ("P.S.", "P.P.S. more"), ("P.S.", "PS more"), ("P.S.", "P.Smith won"),
    ("P.S.", "P.S1 more"), ("P.S.", "X P.S. more"), ("P.S.", "P.S\u00e9 more"), ("P.S.", "P.D. more"), ("P.S.", "P, S. more"), ("P.P.S", "P.S. more"), ("P.P.S", "P.P.S."), ("P.P.S", "P.P.P.S. more"), ("P.P.S", "and P.P.S more"), ("P.P.S", "PPS more"), ("P.P.S", "P.P.Sam"), ("PS:", "PS more"), ("PS:", "PS:"),
    ("Post scriptum", "postscriptum more"), ("Post scriptum", "Post scriptums more"), ("追伸", "これは追伸です"), ("# PS", "PS more"), ("P.S.", "The P.S.\nis here"), ("P.S.", "1 P.S. more"), ("P.S.", "P .S. more"), ("P.S.", "S.P. more"), ("P.S.", "p.s"), ("P.P.S", "p. p. s. !"), ("PS:", "ps;more"), ("P.S.", "end.P.S. more"), ("P.S.", "Postscript more"),
]  # fmt: skip


@pytest.mark.parametrize("marker, text", POSTSCRIPTS)
def test_a_postscript_begins_its_line_and_says_something(marker: str, text: str) -> None:
    assert postscript(text, marker) == ""


@pytest.mark.parametrize("marker, text", NO_POSTSCRIPTS)
def test_a_marker_elsewhere_or_alone_is_no_postscript(marker: str, text: str) -> None:
    assert postscript(text, marker) != ""


def test_a_marker_that_stands_alone_is_not_called_absent() -> None:
    assert postscript("Hi.\nP.S.\n", "P.S.") == "nothing after 'P.S.'"
    assert postscript("Hi.", "P.S.") == "no line begins with 'P.S.'"


@pytest.mark.parametrize(
    "text, count",
    [
        ("Part 1\na\nPart 2\nb", 2), ("Part 1: a\nPart 2: b", 2), ("**Part 1**\na\n**Part 2:** b", 2), ("\"Part 1\"\na\n“Part 2”\nb", 2), ("\"**Part 1**\na\n\n**Part 2**\nb\"", 2), ("(Part 1) a\n[Part 2] b", 2), ("> Part 1\na\n- Part 2\nb", 2), ("## Part 1\na\n### Part 2\nb", 2),
        ("1. Part 1\na\n2) Part 2\nb", 2), ("a. Part 1\na\nii. Part 2\nb", 2), ("<h2>Part 1</h2>\na\n<h2>Part 2</h2>\nb", 2), ("🎉 Part 1\n🎉\nPart 2 🎉", 2), ("Part1\na\nPart  2\nb", 2), ("Part 1\nPart 2\nb", 1), ("Part 1\n***\nPart 2\n---", 0), ("«Part 10» a", 1), ("Part ١\na", 1), ("'Part 1' a", 1), ("_Part 1_ a", 1 - 1),
        ("", 0), ("Part one\na", 0), ("In Part 1 a", 0), ("part 1\na", 0), ("PART 1\na", 0), ("Part 1st\na", 0), ("Parts 1\na", 0), ("Part\n1\na", 0), ("Part: 1\na", 0), ("Part 1 a Part 2 b", 1), ("Part 1", 0), ("\"Part 1\"\n\"", 0), ("Apart 1\na", 0), ("Part 1a", 0), ("Party 1\na", 0), ("Part-1\na", 0), ("x. y. Part 1\na", 0),
    ],
)  # fmt: skip
def test_sections_begin_their_line_and_hold_something(text: str, count: int) -> None:
    assert sections(text, "Part") == count


def test_a_splitter_of_marks_is_found_as_well() -> None:
    assert sections("§ 1\na\n § 2\nb\n## § 3\nc", "§") == 2


@pytest.mark.parametrize(
    "text, count",
    [
        ("* one\n- two", 2), ("  * one\n\t- two", 2), ("* *one*\n* **two**", 2), ("* -5\n- 🎉\n* [x]", 3), ("- - one", 1), ("* one\r\n* two\r\n", 2), ("*   one", 1), ("- *", 0), ("text\n* one\ntext", 1), ("* &\n* …", 2), ("* __init__", 1), ("* one * two", 1),
        ("", 0), ("* * *", 0), ("*  *  *", 0), ("- - -", 0), ("* * * * *", 0), ("---", 0), ("***", 0), ("___", 0), ("_ _ _", 0), ("*\n*", 0), ("* \n- ", 0), ("-\t-\t-", 0), ("*one*", 0), ("**one**", 0), ("-5", 0), ("--- one", 0), ("*** one", 0), ("one * two", 0), ("1. one", 0), ("> * one", 0), ("– one", 0), ("* - *", 0), ("* ***", 0),
    ],
)  # fmt: skip
def test_bullets_hold_something_and_rules_are_none(text: str, count: int) -> None:
    assert bullets(text) == count


@pytest.mark.parametrize(
    "text", ["• one", "  ‣ one", "+ one", "◦one", "▪ one\n* two", "– one", "✓ one", "➤ one", "· one"]
)
def test_a_bullet_of_another_sign_is_seen(text: str) -> None:
    assert other_bullets(text)
    assert not other_bullets(f"a {text.replace(chr(10), ' ')}") and not other_bullets(text[:1])


@pytest.mark.parametrize(
    "text, count",
    [
        ("*one*", 1), ("**one**", 1), ("***one***", 1), ("*one* and *two*", 2), ("**one** and *two*", 2), ("**one**\n**two** *three*", 3), ("* item *one*", 1), ("*one two three*", 1), ("(*one*), \"**two**\".", 2), ("这是*重点*内容", 1), ("*one*s", 1), ("*1*", 1), ("*one**two*", 1), ("*one*, *two*,*three*", 3), ("*🎉*", 1), ("* *one*\n* *two*", 2),
        ("", 0), ("one", 0), ("_one_", 0), ("** **", 0), ("****", 0), ("* one *", 0), ("2 * 3 * 4", 0), ("2*3*4", 0), ("a*b*c", 0), ("2 ** 3 ** 4", 0), ("2*3*4 and 5*6*7", 0), ("*one\ntwo*", 0), ("* one\n* two", 0), ("*one", 0), ("one*", 0), ("* * *", 0), ("*one *", 0), ("* one*", 0), ("x*y + z*w", 0), ("f(x)*g(x)*", 1), ("3*(4)*5", 0), ("\\*", 0),
    ],
)  # fmt: skip
def test_highlights_wrap_a_text_and_products_are_none(text: str, count: int) -> None:
    assert highlights(text) == count


TITLES = [
    "<<Joy>>", "<<Joy>>\ntext", "text\n<<A Poem of Joy>>", "a <<b c>> d", "**<<Joy>>**", "# <<Joy>>", "\"<<Joy>>\"", "(<<Joy>>)", "<< Joy >>", "<< Joy >>\ntext", "  **<< Joy >>**", "<<<Joy>>>", "<<5>>", "<<Joy!>>:", "Title: <<Joy>>.", "<<a <<Joy>>", "<<喜び>>", "<<\u200bJoy>>",
]  # fmt: skip
NO_TITLES = [
    "", "Joy", "<Joy>", "<<>>", "<< >>", "<<_>>", "<<->>", "<<…>>", "<<\nJoy>>", "<<Joy>", "<Joy>>", "«Joy»", "<<\u200b>>", "1 << 2 and 8 >> 1", "1<<2 and 8>>1", "x << y >> z", "(a)<<2 and b>>1", "cout << x << endl; cin >> y;", "std::cout<<x; std::cin>>y;", "a[0]<<1 | b>>2", "<<Joy\n>>", "< <Joy> >", "&lt;&lt;Joy&gt;&gt;", "《Joy》", "cat <<EOF >>out", "if x << 3 or y >> 2:", "<<Joy > >",
]  # fmt: skip


@pytest.mark.parametrize("text", TITLES)
def test_a_title_stands_in_double_angles(text: str) -> None:
    assert has_title(text)


@pytest.mark.parametrize("text", NO_TITLES)
def test_shifts_and_empty_angles_are_no_title(text: str) -> None:
    assert not has_title(text)


QUOTED = [
    '"Hello."', ' "a b"\n', '"He said "hi" twice"', '"He said "hi""', '""Hi" he said."', '"He said (\"hi\") and left."', '"He said \\"hi\\" twice."', '"One.\n\nTwo."', '"One.\n\n"Two."', '"**Hi** there"', '"It\'s "fine", "good" and "well"."', '"A \'b\' “c” d"', '"a: "b""', '"5"', '\ufeff"Hi."', '"<<Joy>>\n\nOne."', '"*"Hi"* he said."', '"a--"b" c"',
]  # fmt: skip
UNQUOTED = [
    "", "Hello", '"Hello', 'Hello"', '"', '""', '" "', '"…"', "'Hello'", "“Hello”", "«Hello»", "``Hello''", 'He said "hi"', '"a" and "b"', '"a", "b"', '"a"\n"b"', '"One." "Two."', '"Hi," she said. "Bye."', '"a" b "c" d "e"', '"One."\n\n"Two."', '**"Hello"**', '"Hello".', '"Hello" ', '"a" b', 'a "b"', "\"Hello'", '"a" - "b"', '"\u200b"',
]  # fmt: skip


@pytest.mark.parametrize("text", QUOTED)
def test_one_pair_of_quotes_wraps_the_text(text: str) -> None:
    assert is_quoted(text)


@pytest.mark.parametrize("text", [text for text in UNQUOTED if text != '"Hello" '])
def test_two_quotations_and_other_quotes_wrap_nothing(text: str) -> None:
    assert not is_quoted(text)


@pytest.mark.parametrize(
    "text, parts",
    [
        ("a\n***\nb", ["a", "b"]), ("a***b", ["a", "b"]), ("a *** b", ["a", "b"]), ("***\na\n***", ["", "a", ""]), ("a ***really*** b\n***\nc", ["a really b", "c"]), ("***A title***\n\na\n\n***\n\nb", ["A title\n\na", "b"]), ("a ***b***, ***c***. d", ["a b, c. d"]),
        ("a\n***\n***\nb", ["a", "", "b"]), ("a *** b *** c", ["a", "b", "c"]), ("***a\nb***", ["", "a\nb", ""]), ("a***b***c", ["a", "b", "c"]), ("a\n* * *\nb", ["a\n* * *\nb"]), ("", [""]), ("a\n---\nb", ["a\n---\nb"]), ("*** a *** b", ["", "a", "b"]), ("a\n\n***\u200b\n\nb", ["a", "b"]),
    ],
)  # fmt: skip
def test_stars_divide_and_bold_italics_do_not(text: str, parts: list[str]) -> None:
    assert divided_paragraphs(text) == parts


@pytest.mark.parametrize("text", ["a\n\nb", "a\n \n\t\nb", "\n\na\n\nb\n\n", "a\r\n\r\nb", "a\n\n  b", "a\n\u200b\nb"])
def test_blank_lines_divide_paragraphs(text: str) -> None:
    assert [part.strip() for part in paragraphs(text)] == ["a", "b"]
    assert paragraphs("a\nb\n") == ["a\nb\n"] and paragraphs(" \n\n ") == []


@pytest.mark.parametrize(
    "text, count",
    [
        ("[a] [b c]", 2),
        ("[a][b]", 2),
        ("[[a]]", 1),
        ("[___]", 1),
        ("[] [ ] [-]", 0),
        ("[\na]", 0),
        ("(a)", 0),
        ("[a", 0),
        ("[\u200b]", 0),
        ("", 0),
    ],
)
def test_placeholders_hold_a_word(text: str, count: int) -> None:
    assert placeholders(text) == count


FENCED = [
    "```json\n{}\n```",
    "```\n{}\n```",
    "```JSON\r\n{}\r\n```",
    "~~~json\n{}\n~~~",
    "````\n{}\n````",
    " ```json {} ```\n",
    "```json{}```",
    "``` json\n{}\n```",
]


@pytest.mark.parametrize("text", FENCED)
def test_a_fence_around_the_whole_text_is_taken_off(text: str) -> None:
    assert unfenced(text).strip() == "{}"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "```json\n{}",
        "{}\n```",
        "```\n{}\n~~~",
        "````\n{}\n```",
        "```",
        "`{}`",
        "Here:\n```\n{}\n```",
        "```jsonc\n{}\n```",
        "```python\n{}\n```",
    ],
)
def test_another_fence_is_left(text: str) -> None:
    assert unfenced(text).strip() != "{}" or text == "{}"


COMMAS = [
    ",",
    "a, b",
    "1,000",
    "a，b",
    "a、b",
    "a،b",
    "a﹐b",
    "a﹑b",
    "a､b",
    "a︐b",
    "a᠂b",
    "a߸b",
    "a፣b",
    "a՝b",
    "a꘍b",
    "a꛵b",
    "a⸴b",
    "a⸲b",
    "a⹁b",
    "a‚ b",
    "🄂",
    "a&#44; b",
    "a&#x2C; b",
    "a&comma; b",
]
NO_COMMAS = [
    "",
    "a; b",
    "1.000",
    "a b",
    "țară și",
    "ʻokina",
    "a’b",
    "‚so‘ sagt",
    "„so“",
    "a · b",
    "a•b",
    "a'b",
    "a؛b",
    "a。b",
    "a．b",
    "&#44",
    "&commas;",
    "&#4;",
    "comma",
    "a`b",
    "“a”",
    "a… b",
    "a – b",
    "a/b",
    "\u0326",
    "a_b",
    "❛a❜",
    "¸a",
]


@pytest.mark.parametrize("text", COMMAS)
def test_a_comma_of_any_script_is_found(text: str) -> None:
    assert comma(text)


@pytest.mark.parametrize("text", NO_COMMAS)
def test_letters_and_quotes_with_a_comma_in_their_name_are_none(text: str) -> None:
    assert comma(text) == ""
