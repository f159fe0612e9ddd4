"""Formats of JSON Schema: each with what it takes and the longer list of what it does not."""
# tables, one case a line
# ruff: noqa: E501

import pytest

from temper.verifiers.schema.formats import FORMATS, OLD

TAKES: dict[str, list[str]] = {
    "date": ["2024-02-29", "0000-02-29", "1999-12-31"],
    "time": ["08:30:06Z", "08:30:06.283z", "23:59:60Z", "01:29:60+01:30", "15:59:60-08:00", "00:00:00+00:00"],
    "date-time": ["1985-04-12T23:20:50.52Z", "1990-12-31T23:59:60Z", "1996-12-19t16:39:57-08:00"],
    "duration": ["P4DT12H30M5S", "P4Y", "PT0S", "P1M", "PT1M", "P2W", "P1Y1D", "PT1H5S"],
    "email": ["joe.bloggs@example.com", "te~st@example.com", '"joe bloggs"@example.com', '"a\\"b"@x', "a+b@c-d.org", "a@[127.0.0.1]", "a@[IPv6:::1]"],
    "idn-email": ["실례@실례.테스트", "a@b.c"],
    "hostname": ["www.example.com", "xn--4gbwdl.xn--wgbh1c", "1host", "a" * 63 + ".com", "a-b", "XN--4GBWDL"],
    "idn-hostname": ["실례.테스트", "a。b", "l·l", "xn--ihqwcrb4cv8a8dqg056pqjye", "hostname"],
    "ipv4": ["192.168.0.1", "0.0.0.0", "255.255.255.255"],
    "ipv6": ["::1", "::", "2001:db8::8a2e:370:7334", "::ffff:192.168.0.1", "1:2:3:4:5:6:7:8"],
    "uri": ["http://foo.bar/?baz=qux#quux", "http://[2001:db8::7]:80/", "urn:oasis:names", "mailto:a@b.c", "tel:+1-816", "http://a:b@c:8080/%20?x=1", "x:", "http://[v1.a:b]/", "file:///etc/passwd"],
    "uri-reference": ["/abc", "//foo.bar/?baz", "", "#f", "?q", "a/b:c", "../x", "http://a"],
    "iri": ["http://ƒøø.ßår/?∂éœ=πîx#πîüx", "http://ƒøø.com/blah_(wîkïpédiå)"],
    "iri-reference": ["âππ", "#ƒrägmênt", "//ƒøø"],
    "uuid": ["2EB8AA08-aa98-11ea-b4aa-73b441d16380", "00000000-0000-0000-0000-000000000000"],
    "uri-template": ["http://a/{term:1}/{term}", "dictionary", "{+path,x*}{?q,lang.code}", "%20{%20a}", "é"],
    "json-pointer": ["", "/", "/foo/0", "/a~1b/~0", "/é/ "],
    "relative-json-pointer": ["1", "0/foo/bar", "0#", "120/a~0"],
    "regex": ["([abc])+\\s+$", "(?<y>\\d{4})", "\\p{L}", "(?=a)", "a{2,}", "[^]"],
}  # fmt: skip
TAKES_NOT: dict[str, list[str]] = {
    "date": ["2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "2024-1-1", "24-01-01", "2024-01-01T00:00:00Z", "2024-350", "20240101", "٢024-01-01", "2024-01-01\n", "yesterday", ""],
    "time": ["25:61", "12:00:00", "8:30:06Z", "24:00:00Z", "00:60:00Z", "00:00:61Z", "22:59:60Z", "23:59:60+01:00", "01:02:03+24:00", "01:02:03+00:60", "08:30:06 Z", "01:01:01,1Z", "01:01:01.Z", "12:00:00+0100", "1২:00:00Z", "noon"],
    "date-time": ["yesterday", "1990-02-31T15:59:59Z", "1990-12-31T15:59:59", "1990-12-31 15:59:59Z", "1990-12-31T10:00:61Z", "06/19/1963 08:30:06 PST", "2013-350T01:01:01", "1998-12-31T23:58:60Z", "2024-01-01", "2024-01-01T00:00:00Z\n"],
    "duration": ["3 days", "P", "PT", "P1YT", "PT1D", "P2D1Y", "P1D2H", "P2S", "P1Y2W", "4D", "P1", "p1D", "P1.5D", "P-1D", "P২Y", "P1D\n"],
    "email": ["2962", "@", "a@", "@b", ".test@example.com", "test.@example.com", "te..st@example.com", "a b@c.d", "a@invalid=domain.com", "a@[127.0.0.300]", "a@[IPv6:x]", "a@b_c", "a@b@c", "é@b.c", '"a@b', "a@-b.c"],
    "idn-email": ["2962", "실례@", "a..b@실례.테스트", "a@-실례"],
    "hostname": ["", ".", "a..b", "a.", "-a", "a-", "a_b", "a" * 64, ".".join(["a" * 60] * 5), "é.com", "a b", "xn--X", "ab--c", "a\n"],
    "idn-hostname": ["", ".", "-hello", "hello-", "a·l", "〮실례.테스트", "실" * 100, "xn--X", "\u0300hello", "a b"],
    "ipv4": ["127.0.0", "256.0.0.1", "127.0.0.0.1", "087.10.0.1", "0x7f000001", "1২7.0.0.1", "127.0.0.1/8", " 1.1.1.1", "1.1.1.1\n"],
    "ipv6": ["12345::", "::abcef", ":", "1::2::3", "1:2:3:4:5:6:7", "fe80::a%eth1", "::1/64", "1:2:3:4:1.2.3", "::২", "127.0.0.1"],
    "uri": ["//foo.bar", "/abc", "abc", "\\\\WINDOWS\\share", "http:// bad", ":// x", "bar,baz:foo", "http://a b", "http://a/<x>", "http://a/%2", "http://ƒøø", "http://[::1", "http://a:80x", "1x:a", "http://a@b@c/", "http://a/#b#c", "http://a/{x}", "http://a\n"],
    "uri-reference": ["\\\\WINDOWS", "#a\\b", "a b", "é", "1:a", "%", "//a:x"],
    "iri": ["/abc", "âππ", "http://2001:0db8:85a3:0000:0000:8a2e:0370:7334", "\\\\WINDOWS\\filëßåré", "http://a/\ue000", "http://a/\ud800"],
    "iri-reference": ["\\\\WINDOWS\\filëßåré", "#ƒräg\\mênt", "a b"],
    "uuid": ["2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}", "2eb8-aa08-aa98-11ea-b4aa73b44-1d16380"],
    "uri-template": ["http://a/{term:1}/{term", "{}", "{a:0}", "{a:12345}", "{a,}", "{a b}", "{{a}}", "a}", "<x>", "a b", "%2", "{a.}", "{$a}"],
    "json-pointer": ["a", "/foo/bar~", "/~2", "#", "#/a", "0", "/~"],
    "relative-json-pointer": ["", "/foo", "-1/foo", "+1/a", "0##", "01", "1a", "1/~2", "٣"],
    "regex": ["^(abc]", "a{99999999999999999999}", "\\a", "^\\S(|(.|\\n)*\\S)\\Z", "(?P<y>a)", "[", "*"],
}  # fmt: skip


def test_every_format_of_the_draft_is_in_both_tables() -> None:
    assert TAKES.keys() == TAKES_NOT.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_it_takes_what_its_rfc_names(name: str) -> None:
    assert [text for text in TAKES[name] if not FORMATS[name](text)] == []


@pytest.mark.parametrize("name", FORMATS)
def test_it_takes_nothing_else(name: str) -> None:
    assert [text for text in TAKES_NOT[name] if FORMATS[name](text)] == []


def test_draft_3_has_some_of_its_own() -> None:
    assert OLD["color"]("Fuchsia") and OLD["color"]("#c89") and not OLD["color"]("puce") and not OLD["color"]("#0033")
    assert OLD["time"]("08:30:06") and not OLD["time"]("8:30 AM") and not OLD["time"]("24:00:00")
    assert OLD["ip-address"]("1.2.3.4") and OLD["host-name"]("a.b") and not OLD["host-name"]("a_b")
