//! Sizes, offsets and types of the public structs: as C sees them, and as Rust asserts them.

use crate::program::{ALL_HEADERS, check_32_bits, has_32_bit_headers, run_with_library};
use crate::shell::{project, read};
use crate::tables::table;

/// A row of the table; `offset` and `size` are for one of the two word lengths.
struct Row {
    of: String,
    field: String,
    kind: String,
    offset: String,
    size: String,
}

impl Row {
    /// The row of the struct itself, whose `offset` is its alignment.
    fn is_total(&self) -> bool {
        self.field == "(total)"
    }

    fn is_bit_field(&self) -> bool {
        self.offset.contains(':')
    }
}

fn rows(bits: usize) -> Vec<Row> {
    let rows = table::<8>("layouts.tsv").into_iter();
    rows.map(|[of, field, kind, offset64, size64, offset32, size32, _header]| {
        let (offset, size) = if bits == 64 { (offset64, size64) } else { (offset32, size32) };
        Row { of, field, kind, offset, size }
    })
    .collect()
}

/// The checks in C. What holds is a declaration of an array; what does not, a negative size.
fn assertions(bits: usize) -> String {
    let mut source = format!(
        "{ALL_HEADERS}\n#define HOLDS(what) \
         _Static_assert(what, #what)\n#pragma GCC diagnostic ignored \"-Wunused-function\"\n"
    );
    for (number, row) in rows(bits).iter().enumerate() {
        let Row { of, field, kind, offset, size } = row;
        if row.is_total() {
            source += &format!("HOLDS(sizeof(struct {of}) == {size});\n");
            source += &format!("HOLDS(_Alignof(struct {of}) == {offset});\n");
        } else if !row.is_bit_field() {
            source += &format!("HOLDS(offsetof(struct {of}, {field}) == {offset});\n");
            source += &format!("HOLDS(sizeof(((struct {of} *)0)->{field}) == {size});\n");
            if !kind.starts_with("struct {") {
                source += &format!(
                    "static __typeof__({kind}) *type_{number}(struct {of} *p) \
                     {{ return &p->{field}; }}\n"
                );
            }
        }
    }
    source
}

#[test]
#[cfg(target_pointer_width = "64")]
fn structs_are_laid_out_as_on_64_bits() {
    let source = assertions(64) + &bit_fields() + "\treturn 0;\n}\n";
    run_with_library("layouts", &source);
}

/// A program's `main`: each bit-field, when set, changes the bit that the table names.
fn bit_fields() -> String {
    let mut source = "\nint main(void)\n{\n".to_string();
    for Row { of, field, offset, .. } in rows(64).iter().filter(|row| row.is_bit_field()) {
        let Some((byte, bit)) = offset.split_once(':') else { continue };
        source += &format!(
            "\t{{\n\t\tstruct {of} s;\n\t\tint word;\n\t\tmemset(&s, 0, sizeof(s));\n\
             \t\ts.{field} = -1;\n\t\tmemcpy(&word, (char *)&s + {byte}, sizeof(word));\n\
             \t\tif (s.{field} != -1 || word != 1 << {bit})\n\t\t\treturn 1;\n\t}}\n"
        );
    }
    source
}

#[test]
fn structs_are_laid_out_as_on_i386() {
    if !cfg!(target_arch = "x86_64") || !has_32_bit_headers() {
        eprintln!("not tested: gcc -m32 finds no headers here (Debian: gcc-multilib)");
        return;
    }
    check_32_bits("layouts 32", &assertions(32));
}

/// Struct in C, type in Rust, file in src/layout.
const TYPES: [(&str, &str, &str); 13] = [
    ("event", "Event", "event.rs"),
    ("evkeyval", "Evkeyval", "keyval.rs"),
    ("evkeyvalq", "Evkeyvalq", "keyval.rs"),
    ("evbuffer", "Evbuffer", "evbuffer.rs"),
    ("event_watermark", "Watermark", "bufferevent.rs"),
    ("bufferevent", "Bufferevent", "bufferevent.rs"),
    ("evhttp_request", "EvhttpRequest", "evhttp.rs"),
    ("evdns_server_request", "ServerRequest", "evdns.rs"),
    ("evdns_server_question", "Question", "evdns.rs"),
    ("evrpc", "Evrpc", "evrpc.rs"),
    ("evrpc_req_generic", "EvrpcReqGeneric", "evrpc.rs"),
    ("evrpc_status", "EvrpcStatus", "evrpc.rs"),
    ("evrpc_request_wrapper", "EvrpcRequestWrapper", "evrpc.rs"),
];

/// The compiler holds every build to these; here only that none is missing or misread.
#[test]
fn rust_asserts_every_size_and_offset() {
    let mut missing = Vec::new();
    for row in rows(64).iter().chain(&rows(32)) {
        // The list of all events is C's alone.
        if row.of == "event_list" {
            continue;
        }
        let found = TYPES.iter().find(|(name, ..)| *name == row.of);
        let Some((_, rust, file)) = found else { panic!("struct {} is new", row.of) };
        let text = read(&project().join("src/layout").join(file));
        let assertion = if row.is_total() {
            format!("size_of::<{rust}>() == {} && align_of::<{rust}>() == {}", row.size, row.offset)
        } else if row.is_bit_field() {
            let offset = row.offset.split(':').next().unwrap_or_default();
            format!("offset_of!({rust}, bits) == {offset})")
        } else if row.field == "type" {
            format!("offset_of!({rust}, r#type) == {})", row.offset)
        } else {
            format!("offset_of!({rust}, {}) == {})", row.field, row.offset)
        };
        if !text.contains(&assertion) {
            missing.push(format!("src/layout/{file}: {assertion}"));
        }
    }
    assert!(missing.is_empty(), "no such assertions:\n{}", missing.join("\n"));
}
