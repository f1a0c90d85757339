//! The tables of the C test runner: folders, backends, and the ways to run the suite.

/// A folder of test programs under ctests/; each file in C or C++ is a program.
pub const FOLDERS: &[&str] = &["event", "buffer", "bufferevent", "tag"];

/// One backend and how a test process is made to use it.
pub struct Backend {
    pub name: &'static str,
    pub env: &'static [(&'static str, &'static str)],
    /// Needs the test build of the library, which alone has this backend here.
    pub test_library: bool,
}

/// The first one is the default, on which tests run that do not depend on the backend.
pub const BACKENDS: &[Backend] = &[
    Backend { name: "epoll", env: &[("EVENT_NOKQUEUE", "1")], test_library: false },
    Backend {
        name: "poll",
        env: &[("EVENT_NOKQUEUE", "1"), ("EVENT_NOEPOLL", "1")],
        test_library: false,
    },
    Backend {
        name: "select",
        env: &[("EVENT_NOKQUEUE", "1"), ("EVENT_NOEPOLL", "1"), ("EVENT_NOPOLL", "1")],
        test_library: false,
    },
    Backend { name: "kqueue", env: &[], test_library: true },
];

/// Variables of the caller that must not reach a test.
pub const UNWANTED_ENV: &[&str] = &[
    "EVENT_NOEPOLL",
    "EVENT_NOPOLL",
    "EVENT_NOSELECT",
    "EVENT_NOKQUEUE",
    "EVENT_ONLY",
    "EVENT_SHOW_METHOD",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
];

/// One way to run the suite.
pub struct Variant {
    /// The option that chooses it; empty for the ordinary run.
    pub flag: &'static str,
    pub what: &'static str,
    /// Library and programs are built with AddressSanitizer.
    pub asan: bool,
    /// A program that runs each test, with its arguments.
    pub wrapper: &'static [&'static str],
    /// A file of ctests/shim/, without its ending, that is preloaded.
    pub shim: Option<&'static str>,
    pub env: &'static [(&'static str, &'static str)],
    /// The programs that take part; empty for all.
    pub programs: &'static [&'static str],
    pub backends: &'static [&'static str],
    /// How much longer a test may take.
    pub factor: f64,
}

const EVERY: &[&str] = &["epoll", "poll", "select", "kqueue"];

/// Not those that count or refuse allocations, shift clocks, or fail system calls by a preload;
/// nor signals (valgrind keeps number 64 for itself) and watch (it is fast enough only by itself).
const UNDER_VALGRIND: &[&str] = &[
    "async",
    "bases",
    "events",
    "exits",
    "extensions",
    "fdkinds",
    "fdnumbers",
    "fds",
    "fields",
    "fork",
    "freedbase",
    "longjmp",
    "loop",
    "misuse",
    "order",
    "priorities",
    "reentrancy",
    "sigaction",
    "sigbases",
    "threads",
    "timer_order",
    "timers",
];

pub const VARIANTS: &[Variant] = &[
    Variant { flag: "", what: "plain", backends: EVERY, factor: 1.0, ..PLAIN },
    Variant {
        flag: "--asan",
        what: "with AddressSanitizer",
        asan: true,
        env: &[("ASAN_OPTIONS", "detect_leaks=1:verify_asan_link_order=0:abort_on_error=0")],
        backends: EVERY,
        factor: 3.0,
        ..PLAIN
    },
    Variant {
        flag: "--valgrind",
        what: "under valgrind",
        wrapper: &["valgrind", "-q", "--error-exitcode=99", "--leak-check=full"],
        programs: UNDER_VALGRIND,
        factor: 6.0,
        ..PLAIN
    },
    Variant {
        flag: "--seeds",
        what: "with many seeds",
        env: &[("EVHUB_TEST_SEEDS", "500")],
        programs: &["model", "model_inside", "timer_order"],
        backends: EVERY,
        factor: 12.0,
        ..PLAIN
    },
    Variant { flag: "--storm", what: "in a storm of EINTR", shim: Some("storm"), ..PLAIN },
];

const PLAIN: Variant = Variant {
    flag: "",
    what: "",
    asan: false,
    wrapper: &[],
    shim: None,
    env: &[],
    programs: &[],
    backends: &["epoll"],
    factor: 3.0,
};
