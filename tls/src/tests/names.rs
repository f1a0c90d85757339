//! Names and patterns.

use crate::names::{Names, normal};

fn names() -> Names<u8> {
    let mut names = Names::new();
    assert!(names.add("*.example.org", 1));
    assert!(names.add("www.example.org", 2));
    assert!(names.add("Example.ORG.", 3));
    names
}

#[test]
fn exact_names_go_before_stars() {
    let names = names();
    assert_eq!(names.find("www.example.org"), Some(&2));
    assert_eq!(names.find("mail.example.org"), Some(&1));
    assert_eq!(names.find("example.org"), Some(&3));
    assert_eq!(names.find("EXAMPLE.org."), Some(&3));
}

#[test]
fn a_star_is_one_label() {
    let names = names();
    assert_eq!(names.find("a.b.example.org"), None);
    assert_eq!(names.find(".example.org"), Some(&1));
    assert_eq!(names.find("example.com"), None);
    assert_eq!(names.find("org"), None);
    assert_eq!(names.find(""), None);
}

#[test]
fn a_pattern_that_comes_again_has_another_value() {
    let mut names = names();
    assert!(names.add("WWW.example.org", 9));
    assert_eq!(names.find("www.example.org"), Some(&9));
}

#[test]
fn what_is_no_pattern_is_not_added() {
    let mut names = Names::new();
    for pattern in ["", ".", "*", "*.", "w*.org", "*.*.org", "a b", "a/b", "a\0b", "ä.org"] {
        assert!(!names.add(pattern, 1), "{pattern:?}");
    }
    assert_eq!(names.find("a"), None);
}

#[test]
fn names_are_as_long_as_dns_allows() {
    let longest = format!("{}.org", "a".repeat(249));
    assert_eq!(normal(&longest).as_deref(), Some(longest.as_str()));
    assert_eq!(normal(&format!("a{longest}")), None);
}
