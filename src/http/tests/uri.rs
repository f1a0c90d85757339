//! URIs and their parts, well-formed and not.

use super::super::uri::*;
use super::super::uri_object::Uri;

fn parts(text: &str, conformance: Conformance) -> Option<String> {
    let parts = Parts::parse(text.as_bytes(), conformance)?;
    let show = |part: Option<&[u8]>| part.map_or("-".to_string(), |p| p.escape_ascii().to_string());
    let authority = parts.authority.unwrap_or_default();
    let host = parts.authority.map(|authority| authority.host);
    Some(format!(
        "{}|{}|{}|{}|{}|{}|{}",
        show(parts.scheme),
        show(authority.userinfo),
        show(host),
        authority.port.map_or(-1, i32::from),
        show(Some(parts.path)),
        show(parts.query),
        show(parts.fragment),
    ))
}

#[track_caller]
fn exact(text: &str, result: &str) {
    assert_eq!(parts(text, Conformance::Exact).as_deref(), Some(result), "{text}");
    assert_eq!(parts(text, Conformance::Loose).as_deref(), Some(result), "loosely {text}");
}

#[test]
fn references_have_parts() {
    exact("", "-|-|-|-1||-|-");
    exact("http://a", "http|-|a|-1||-|-");
    exact("http://u:p@a:80/b/c?d=e?#f?/", "http|u:p|a|80|/b/c|d=e?|f?/");
    exact("http://a:/", "http|-|a|-1|/|-|-");
    exact("http://@:/", "http|||-1|/|-|-");
    exact("http://a:65535?#", "http|-|a|65535|||");
    exact("http://a:00080", "http|-|a|80||-|-");
    exact("//a/b", "-|-|a|-1|/b|-|-");
    exact("/a:b", "-|-|-|-1|/a:b|-|-");
    exact("a/b:c", "-|-|-|-1|a/b:c|-|-");
    exact("?a", "-|-|-|-1||a|-");
    exact("#a", "-|-|-|-1||-|a");
    exact("file:///a//b", "file|-||-1|/a//b|-|-");
    exact("mailto:a@b", "mailto|-|-|-1|a@b|-|-");
    exact("urn:a:b", "urn|-|-|-1|a:b|-|-");
    exact("a.b+c-d:", "a.b+c-d|-|-|-1||-|-");
    exact("http://[::1]:8/", "http|-|[::1]|8|/|-|-");
    exact("http://[2001:db8::192.0.2.1]", "http|-|[2001:db8::192.0.2.1]|-1||-|-");
    exact("http://[v1f.a:b]/", "http|-|[v1f.a:b]|-1|/|-|-");
    exact("http://a%20b_~!$&'()*+,;=/", "http|-|a%20b_~!$&\\'()*+,;=|-1|/|-|-");
}

#[test]
fn what_is_no_reference_has_none() {
    for bad in [
        "1a:b",
        "a_b:c",
        ":a",
        "http://a:b/",
        "http://a:65536/",
        "http://a:99999999999/",
        "http://a:-1/",
        "http://a b/",
        "http://a%/",
        "http://a%4/",
        "http://a@b@c/",
        "http://[::1/",
        "http://::1/",
        "http://[::1]a/",
        "http://[]/",
        "http://[::1%25eth0]/",
        "http://[1:2:3:4:5:6:7]/",
        "http://[1:2:3:4:5:6:7:8:9]/",
        "http://[12345::]/",
        "http://[v.a]/",
        "http://[v1.]/",
        "http://[vg.a]/",
        "http://a\u{e4}/",
        "http://a/\x01",
        "http://a/\r\n",
        "/a?b#c\n",
    ] {
        assert_eq!(parts(bad, Conformance::Exact), None, "{bad}");
        assert_eq!(parts(bad, Conformance::Loose), None, "loosely {bad}");
    }
}

#[test]
fn loosely_parts_may_have_other_bytes() {
    for odd in ["/a b", "/%", "/%4g", "/a?b|c", "/a#b#c", "/\u{e4}", "/a?[b]", "http://u s@a/"] {
        assert_eq!(parts(odd, Conformance::Exact), None, "{odd}");
        assert!(parts(odd, Conformance::Loose).is_some(), "{odd}");
    }
}

#[test]
fn what_is_joined_is_what_was_parsed() {
    for text in ["", "a:", "http://u@a:80/b?c#d", "//h", "/p?q", "#", "?", "x://@[::1]:0/#"] {
        let uri = Uri::parse(text.as_bytes(), Conformance::Exact).expect("a reference");
        let mut joined = Vec::new();
        uri.join().expect("joins")(&mut |piece| joined.extend_from_slice(piece));
        assert_eq!(String::from_utf8_lossy(&joined), text);
    }
}

#[test]
fn urls_have_host_port_and_file() {
    let parts = |url: &str| host_port_file(url.as_bytes()).map(|(_, port, _)| port);
    assert_eq!(host_port_file(b"http://a:8/b"), Some((&b"a"[..], 8, &b"/b"[..])));
    assert_eq!(host_port_file(b"Http://a"), Some((&b"a"[..], 80, &b"/"[..])));
    assert_eq!(parts("http://a:/"), Some(80));
    for bad in ["http://a:0", "http://a:x", "http://:1", "http://", "https://a", "http://a:65536"] {
        assert_eq!(parts(bad), None, "{bad}");
    }
}

#[test]
fn hosts_may_have_ports() {
    for good in ["a", "a:80", "a:", "127.0.0.1", "[::1]:80"] {
        assert!(is_host_and_port(good.as_bytes()), "{good}");
    }
    for bad in ["", ":80", "u@a", "a:b", "[a]", "a/b", "a b"] {
        assert!(!is_host_and_port(bad.as_bytes()), "{bad}");
    }
    assert!(is_authority_with_port(b"a:80") && !is_authority_with_port(b"a"));
}
