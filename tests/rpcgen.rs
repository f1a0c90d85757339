//! `event_rpcgen.py`: the code that it makes of ctests/rpcgen/*.rpc compiles without a warning in
//! every language, and the programs beside them pass with it; what is wrong in a .rpc file is
//! told by file and line, and nothing is written then.

#[path = "headers/compile.rs"]
mod compile;
#[path = "support/shell.rs"]
mod shell;
#[path = "support/tree.rs"]
mod tree;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use compile::{LANGUAGES, STRICT, compiler, staged_flags};
use shell::{command, fresh_folder, output, project, run, run_failing, text, write};
use tree::{files, tree};

/// The .rpc files, and what is made of them.
const MESSAGES: [&str; 2] = ["kinds", "more"];

/// Warnings that a careful user may have switched on, beyond those of every test here.
const CAREFUL: [&str; 5] = ["-O2", "-Wshadow", "-Wconversion", "-Wsign-conversion", "-Wcast-qual"];

type Language = (&'static str, &'static [&'static str]);

fn source(name: &str) -> PathBuf {
    project().join("ctests/rpcgen").join(name)
}

/// The generator, with no patience for warnings of Python, in a folder.
fn generator(folder: &Path) -> Command {
    let mut python = command("python3");
    python.args(["-W", "error", "-B"]).arg(project().join("pkgconfig/event_rpcgen.py"));
    python.current_dir(folder);
    python
}

/// A folder that has the code of all messages.
fn generated(name: &str) -> PathBuf {
    let folder = fresh_folder(&format!("rpcgen-{name}"));
    for messages in MESSAGES {
        let said = run(generator(&folder).arg(source(messages).with_extension("rpc")));
        assert_eq!(said, "");
    }
    assert_eq!(files(&folder), ["kinds.gen.c", "kinds.gen.h", "more.gen.c", "more.gen.h"]);
    folder
}

/// Builds ctests/rpcgen/NAME.c with the code in a folder.
fn program(folder: &Path, language: Language, name: &str) -> PathBuf {
    let program = folder.join(name);
    let mut compiler = command(language.0);
    compiler.args(language.1).args(STRICT).arg("-g").arg("-o").arg(&program);
    compiler.arg("-I").arg(folder).arg(source(name).with_extension("c"));
    compiler.args(MESSAGES.map(|messages| folder.join(messages).with_extension("gen.c")));
    run(compiler.args(["-x", "none"]).args(staged_flags()).arg("-ldl"));
    program
}

fn runs_in_every_language(name: &str) {
    let folder = generated(name);
    for language in LANGUAGES {
        run(&mut command(program(&folder, language, name)));
    }
}

#[test]
fn the_code_compiles_in_every_language() {
    let folder = generated("compiles");
    for language in LANGUAGES {
        for messages in MESSAGES {
            let mut compiler = compiler(language);
            compiler.args(CAREFUL).args(["-c", "-o", "/dev/null"]).current_dir(&folder);
            run(compiler.arg(format!("{messages}.gen.c")));
        }
    }
}

/// The types of arguments are checked through the macros, too.
#[test]
fn the_compiler_sees_wrong_arguments() {
    let folder = generated("arguments");
    for wrong in ["EVTAG_ASSIGN(m, from_name, 5)", "EVTAG_GET(m, flag, \"\")", "EVTAG_ADD(m, data)"]
    {
        let program =
            format!("#include \"kinds.gen.h\"\nint f(struct msg *m)\n{{\n\treturn {wrong};\n}}\n");
        write(&folder.join("wrong.c"), &program);
        let mut compiler = compiler(LANGUAGES[1]);
        compiler.args(["-fsyntax-only", "wrong.c"]).current_dir(&folder);
        let said = run_failing(&mut compiler);
        assert!(said.contains("wrong.c:4:"), "{said}");
    }
}

#[test]
fn a_user_of_the_macros_needs_no_change() {
    runs_in_every_language("macros");
}

#[test]
fn each_kind_of_member_works() {
    runs_in_every_language("kinds");
}

#[test]
fn hostile_messages_do_no_harm() {
    runs_in_every_language("hostile");
}

#[test]
fn memory_may_run_out_anywhere() {
    let folder = generated("nomem");
    let shim = folder.join("alloc.so");
    let mut cc = command("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(project().join("ctests/shim/alloc.c"));
    run(cc.arg("-ldl"));
    let program = program(&folder, LANGUAGES[0], "nomem");
    // Inside of `timeout`, which would lose memory otherwise.
    let mut preload = std::ffi::OsString::from("LD_PRELOAD=");
    preload.push(&shim);
    run(command("env").arg(preload).arg(program));
}

#[test]
fn valgrind_finds_nothing() {
    if !output(command("valgrind").args(["-q", "true"])).status.success() {
        // Not by eprintln, which the test harness would swallow.
        let _ = writeln!(std::io::stderr(), "skipped: valgrind is not there");
        return;
    }
    let folder = generated("valgrind");
    let programs =
        [("macros", [].as_slice()), ("kinds", &[]), ("evrpc", &[]), ("hostile", &["quick"])];
    for (name, arguments) in programs {
        let mut valgrind = command("valgrind");
        valgrind.args(["-q", "--error-exitcode=99", "--leak-check=full"]);
        run(valgrind.arg(program(&folder, LANGUAGES[0], name)).args(arguments));
    }
}

#[test]
fn calls_of_evrpc_have_the_messages() {
    let folder = generated("evrpc");
    for language in LANGUAGES {
        run(&mut command(program(&folder, language, "evrpc")));
    }
}

#[test]
fn the_outputs_may_have_names_and_places() {
    let folder = fresh_folder("rpcgen-names");
    write(&folder.join("in/a.b.rpc"), "struct a { int n = 1; }");
    shell::make_folder(&folder.join("src"));
    run(generator(&folder).args(["in/a.b.rpc", "in/one.h", "src/two.c"]));
    run(generator(&folder).arg("in/a.b.rpc"));
    let wanted = ["a.b.gen.c", "a.b.gen.h", "in/a.b.rpc", "in/one.h", "src/two.c"];
    assert_eq!(files(&folder), wanted);
    let mut compiler = compiler(LANGUAGES[1]);
    compiler.args(["-fsyntax-only", "src/two.c", "a.b.gen.c"]).current_dir(&folder);
    run(&mut compiler);
}

/// What is wrong with a .rpc file called x.rpc, and what is said of it.
const MALFORMED: [(&str, &str); 47] = [
    ("", "1: there is no struct in the file"),
    ("/* only\na comment */\n", "3: there is no struct in the file"),
    ("\n/* no\nend", "2: a comment without an end"),
    ("#define A /* no end\nstruct a { int n = 1; }", "1: a comment without an end"),
    ("#shrink\n", "1: '#shrink' is unknown to the C preprocessor"),
    ("union a { }", "1: expected 'struct', not 'union'"),
    ("struct", "1: expected the name of a struct, not the end of the file"),
    ("struct 5 { }", "1: expected the name of a struct, not '5'"),
    ("struct int { }", "1: a struct cannot be called 'int' in C"),
    ("struct a\n\nint n = 1;", "3: expected '{', not 'int'"),
    ("struct a { }", "1: struct 'a' has no members"),
    (
        "struct a { int n = 1;",
        "1: expected int, string, bytes, bytes[N] or struct[NAME], not the \
      end of the file",
    ),
    (
        "struct a {\n  float n = 1; }",
        "2: expected int, string, bytes, bytes[N] or struct[NAME], \
      not 'float'",
    ),
    (
        "struct a { optional array int n = 1; }",
        "1: a member is either 'optional' or 'array', \
      which may be empty",
    ),
    (
        "struct a {\n#include <b.h>\nint n = 1; }",
        "2: a line for the C preprocessor cannot stand \
      in a struct",
    ),
    ("struct a { int = 1; }", "1: expected the name of a member, not '='"),
    ("struct a { int n; }", "1: expected '=', not ';'"),
    ("struct a { int n[4] = 1; }", "1: expected '=', not '['"),
    ("struct a { int n = ; }", "1: expected a tag, decimal or with 0x, not ';'"),
    ("struct a { int n = b; }", "1: expected a tag, decimal or with 0x, not 'b'"),
    ("struct a { int n = 010; }", "1: expected a tag, decimal or with 0x, not '010'"),
    ("struct a { int n = 0xg; }", "1: expected a tag, decimal or with 0x, not '0xg'"),
    ("struct a { int n = -1; }", "1: unexpected '-'"),
    ("struct a { int n = 2147483647; }", "1: a tag must be 0 to 2147483646, not '2147483647'"),
    ("struct a { int n = 1 }", "1: expected ';', not '}'"),
    ("struct a { int n = 1; int m = 2\n int o = 3; }", "2: expected ';', not 'int'"),
    ("struct a { bytes[0] n = 1; }", "1: a size must be 1 to 2147483647, not '0'"),
    ("struct a { bytes n[0] = 1; }", "1: a size must be 1 to 2147483647, not '0'"),
    ("struct a { bytes n[] = 1; }", "1: expected a size, decimal or with 0x, not ']'"),
    ("struct a { bytes[4] n[4] = 1; }", "1: expected '=', not '['"),
    ("struct a { struct b n = 1; }", "1: expected '[', not 'b'"),
    ("struct a { struct[b n = 1; }", "1: expected ']', not 'n'"),
    (
        "struct a {\n\tstruct[b] n = 1;\n}",
        "2: struct 'b' is not in the file, and nothing is \
      included",
    ),
    ("struct a {\n int n = 1;\n int n = 2; }", "3: 'n' is there already, in line 2"),
    (
        "struct a {\n int n = 1;\n int m = 0x1; }",
        "3: tag 1 of 'm' is already that of 'n' in line \
      2",
    ),
    (
        "struct a { int n = 1; }\nstruct a { int n = 1; }",
        "2: struct 'a' is there already, in \
      line 1",
    ),
    ("struct a { int n = 1; } }", "1: expected 'struct', not '}'"),
    ("struct a { int n = 1; } int", "1: expected 'struct', not 'int'"),
    (
        "struct event { int n = 1; }",
        "1: 'struct event' would be in C twice: there is one of \
      event.h",
    ),
    (
        "struct string { int n = 1; }",
        "1: 'evtag_marshal_string' would be in C twice: there is one \
      of event.h",
    ),
    (
        "struct a {\n int n = 1;\n int N = 2; }",
        "3: 'A_N' would be in C twice: there is one of \
      line 2",
    ),
    (
        "struct a { int max_tags = 1; }",
        "1: 'A_MAX_TAGS' would be in C twice: there is one of line \
      1",
    ),
    (
        "struct a { int b_c = 1; }\nstruct a_b { int c = 1; }",
        "2: 'a_b_c_assign' would be in C \
      twice: there is one of line 1",
    ),
    ("struct a { int $n = 1; }", "1: unexpected '$'"),
    (
        "struct evtag { int n = 1; }",
        "1: 'evtag_marshal' would be in C twice: there is one of event.h",
    ),
    (
        "struct rpcgen { int n = 1; }",
        "1: 'rpcgen_copy_' would be in C twice: there is one of every such file",
    ),
    ("struct a { int n = 1; } @", "1: unexpected '@'"),
];

#[test]
fn what_is_malformed_is_told_by_line_and_writes_nothing() {
    let folder = fresh_folder("rpcgen-malformed");
    let file = folder.join("x.rpc");
    // What an earlier run made stays.
    write(&folder.join("x.gen.h"), "before\n");
    for (rpc, problem) in MALFORMED {
        write(&file, rpc);
        let before = tree(&folder);
        let output = output(generator(&folder).arg("x.rpc"));
        assert_eq!(text(&output), format!("x.rpc:{problem}\n"), "{rpc}");
        assert_eq!(output.status.code(), Some(1), "{rpc}");
        assert_eq!(tree(&folder), before, "{rpc}");
    }
}

/// What else the language takes.
#[test]
fn blanks_and_comments_may_be_anywhere() {
    let folder = fresh_folder("rpcgen-blanks");
    let odd = "# 1 \"before.rpc\"\n#ifndef A /* from\nto */\n#define A \"/*\" // c\n\
        #define B \\\n\t1\n#endif\n\
        /**/struct/**/a{optional/*\n*/string a=0x0A;array bytes[0x2]b=0;}//\r\n\
        struct b\n{\nstruct [ a ] a // \u{e9}\n= 1 ; bytes c [ 2 ] = 2;\n\
        optional bytes optional = 3;}\n;\n// the end";
    write(&folder.join("odd.rpc"), odd);
    run(generator(&folder).arg("odd.rpc"));
    let header = shell::read(&folder.join("odd.gen.h"));
    assert!(header.contains("#define A \"/*\"\n#define B \\\n\t1\n#endif\n"), "{header}");
    for language in LANGUAGES {
        let mut compiler = compiler(language);
        run(compiler.args(["-c", "-o", "/dev/null", "odd.gen.c"]).current_dir(&folder));
    }
}

/// The two pieces of code in docs/rpcgen.md: messages, and a function that uses them.
#[test]
fn the_example_of_the_documentation_compiles() {
    let folder = fresh_folder("rpcgen-example");
    let page = shell::read(&project().join("docs/rpcgen.md"));
    let blocks: Vec<&str> =
        page.split("```c\n").skip(1).filter_map(|b| b.split("```").next()).collect();
    let [messages, program] = blocks[..] else { panic!("{} pieces of code", blocks.len()) };
    write(&folder.join("other.gen.h"), "");
    write(&folder.join("chat.rpc"), messages);
    write(
        &folder.join("program.c"),
        &format!("{program}\nint (*user)(struct evbuffer *) = greet;\n"),
    );
    run(generator(&folder).arg("chat.rpc"));
    let mut compiler = compiler(LANGUAGES[0]);
    run(compiler.args(["-fsyntax-only", "program.c", "chat.gen.c"]).current_dir(&folder));
}

#[test]
fn files_that_cannot_be_had_are_named() {
    let folder = fresh_folder("rpcgen-files");
    write(&folder.join("x.rpc"), "struct x { int n = 1; }");
    shell::make_folder(&folder.join("folder"));
    let before = tree(&folder);
    let usage = "usage: event_rpcgen.py FILE.rpc [HEADER SOURCE]";
    let cases: [(&[&str], &str); 8] = [
        (&[], usage),
        (&["x.rpc", "x.h"], usage),
        (&["--help"], usage),
        (&["none.rpc"], "event_rpcgen.py: none.rpc: No such file or directory"),
        (&["folder"], "event_rpcgen.py: folder: Is a directory"),
        (&["x.rpc", "x.h", "./x.rpc"], "event_rpcgen.py: the three files must be different"),
        (&["x.rpc", "x.h", "none/x.c"], "event_rpcgen.py: none/x.c: No such file or directory"),
        (&["x.rpc", "x.h", "folder"], "event_rpcgen.py: folder: Is a directory"),
    ];
    for (arguments, problem) in cases {
        let output = output(generator(&folder).args(arguments));
        assert_eq!(text(&output), format!("{problem}\n"), "{arguments:?}");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(tree(&folder), before, "{arguments:?}");
    }
}
