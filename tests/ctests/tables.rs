//! The tables of the C test runner: folders, backends, and the ways to run the suite.

/// A folder of test programs under ctests/; each file in C or C++ is a program.
pub const FOLDERS: &[&str] =
    &["event", "buffer", "bufferevent", "tag", "hub", "dns", "http", "tls", "rpc"];

/// What programs of a folder need beside evhub, in the words of pkg-config.
pub const PACKAGES: &[(&str, &[&str])] = &[("tls", &["evhub_tls", "openssl"])];

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
    /// Library and programs are built with it: `address` or `thread`.
    pub sanitizer: Option<&'static str>,
    /// A program that runs each test, with its arguments.
    pub wrapper: &'static [&'static str],
    /// A file of ctests/shim/, without its ending, that is preloaded.
    pub shim: Option<&'static str>,
    pub env: &'static [(&'static str, &'static str)],
    /// The programs that take part, and of these the ones that do not: "folder/program", or
    /// "folder/begin*" for all that begin so.
    pub programs: &'static [&'static str],
    pub without: &'static [&'static str],
    pub backends: &'static [&'static str],
    /// How much longer a test may take.
    pub factor: f64,
}

const EVERY: &[&str] = &["epoll", "poll", "select", "kqueue"];

const ALL: &[&str] = &["*"];

const UNDER_MEMCHECK: &[&str] = &[
    "valgrind",
    "-q",
    "--error-exitcode=99",
    "--leak-check=full",
    "--suppressions=ctests/valgrind.supp",
];

/// Not those of event/ that count or refuse allocations, shift clocks, or fail system calls by a
/// preload; nor signals (valgrind keeps number 64 for itself) and watch (it is fast enough only
/// by itself).
const UNDER_VALGRIND: &[&str] = &[
    "buffer/*",
    "bufferevent/*",
    "dns/*",
    "event/async",
    "event/bases",
    "event/events",
    "event/exits",
    "event/extensions",
    "event/fdkinds",
    "event/fdnumbers",
    "event/fds",
    "event/fields",
    "event/fork",
    "event/freedbase",
    "event/longjmp",
    "event/loop",
    "event/misuse",
    "event/order",
    "event/priorities",
    "event/reentrancy",
    "event/sigaction",
    "event/sigbases",
    "event/threads",
    "event/timer_order",
    "event/timers",
    "dns/*",
    "http/*",
    "hub/*",
    "rpc/*",
    "tag/*",
    "tls/*",
];

/// Those of the other folders that live on preloads; those that take minutes there, which
/// AddressSanitizer sees, too; and children of fork that use OpenSSL, which does not tidy up before
/// _exit.
const NOT_UNDER_VALGRIND: &[&str] = &[
    "buffer/faults*",
    "buffer/memory*",
    "buffer/nomem*",
    "bufferevent/faults",
    "bufferevent/faults_short",
    "bufferevent/nomem*",
    "bufferevent/shimmed",
    "bufferevent/stream_calls",
    "dns/cache",
    "dns/entropy",
    "dns/faults*",
    "dns/nomem*",
    "dns/probing",
    "dns/times",
    "dns/server_faults",
    "dns/server_nomem",
    "http/client_nomem",
    "http/client_split",
    "http/client_timeouts",
    "http/nomem*",
    "http/server_faults",
    "http/server_limits",
    "http/server_nomem",
    "http/server_split",
    "http/server_timeouts",
    "hub/faults",
    "hub/many*",
    "hub/nomem*",
    "hub/stacks_faults",
    "rpc/nomem*",
    "tag/nomem*",
    "tls/client*",
    "tls/fork",
    "tls/hostile",
    "tls/server*",
];

/// What takes longer than a test may, and much memory.
const LARGE: &[&str] = &["hub/many_million"];

/// Those in which threads meet. More would only be slower: a hub is its thread's own.
const UNDER_TSAN: &[&str] = &["event/async", "event/threads", "hub/threads*"];

/// The random programs against models.
const WITH_SEEDS: &[&str] = &[
    "buffer/model*",
    "bufferevent/model*",
    "event/model*",
    "event/timer_order",
    "hub/model*",
    "tag/model*",
];

/// Memory that cannot be had is NULL, as with the C library. Places on the stack tell the library
/// which of its calls are still under way: they have to be on the stack.
const ASAN_OPTIONS: &str = "detect_leaks=1:verify_asan_link_order=0:abort_on_error=0:\
    allocator_may_return_null=1:detect_stack_use_after_return=0";

const TSAN_OPTIONS: &str = "halt_on_error=1:exitcode=98:suppressions=ctests/tsan.supp";

pub const VARIANTS: &[Variant] = &[
    Variant { flag: "", what: "plain", backends: EVERY, factor: 1.0, ..PLAIN },
    Variant {
        flag: "--asan",
        what: "with AddressSanitizer",
        sanitizer: Some("address"),
        env: &[("ASAN_OPTIONS", ASAN_OPTIONS)],
        backends: EVERY,
        factor: 3.0,
        ..PLAIN
    },
    Variant {
        flag: "--tsan",
        what: "with ThreadSanitizer",
        sanitizer: Some("thread"),
        // Some releases of its runtime cannot live with addresses that are too random.
        wrapper: &["setarch", "-R"],
        env: &[("TSAN_OPTIONS", TSAN_OPTIONS)],
        programs: UNDER_TSAN,
        factor: 6.0,
        ..PLAIN
    },
    Variant {
        flag: "--valgrind",
        what: "under valgrind",
        wrapper: UNDER_MEMCHECK,
        programs: UNDER_VALGRIND,
        without: NOT_UNDER_VALGRIND,
        factor: 6.0,
        ..PLAIN
    },
    Variant {
        flag: "--seeds",
        what: "with many seeds",
        env: &[("EVHUB_TEST_SEEDS", "500"), ("EVHUB_TEST_PROGRAMS", "10000")],
        programs: WITH_SEEDS,
        backends: EVERY,
        factor: 12.0,
        ..PLAIN
    },
    Variant {
        flag: "--large",
        what: "the large ones",
        programs: LARGE,
        without: &[],
        factor: 20.0,
        ..PLAIN
    },
    Variant {
        flag: "--storm",
        what: "in a storm of EINTR",
        shim: Some("storm"),
        without: NOT_IN_A_STORM,
        ..PLAIN
    },
];

/// A signal that finds no room for its own frame ends the process before an overflow is told.
const NOT_IN_A_STORM: &[&str] = &["hub/stacks"];

const PLAIN: Variant = Variant {
    flag: "",
    what: "",
    sanitizer: None,
    wrapper: &[],
    shim: None,
    env: &[],
    programs: ALL,
    without: LARGE,
    backends: &["epoll"],
    factor: 3.0,
};

impl Variant {
    /// Does the program "folder/program" take part?
    pub fn has(&self, program: &str) -> bool {
        let is_named = |names: &[&str]| {
            names.iter().any(|name| match name.strip_suffix('*') {
                Some(begin) => program.starts_with(begin),
                None => program == *name,
            })
        };
        is_named(self.programs) && !is_named(self.without)
    }
}
