//! Runs the C test programs of ctests/ against the staged library: one process per test and
//! backend, with a time limit.
//!
//! `cargo test --test ctests -- [FILTER] [--backend NAME] [VARIANT]`: FILTER is a part of
//! "folder/program test", VARIANT is --asan, --tsan, --valgrind, --storm, --seeds or
//! --large.
//! EVHUB_TEST_TIMEOUT_FACTOR stretches the time limits.

#[path = "ctests/build.rs"]
mod build;
#[path = "ctests/options.rs"]
mod options;
#[path = "ctests/process.rs"]
mod process;
#[path = "ctests/tables.rs"]
mod tables;

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use build::Program;
use options::Options;
use process::{Job, Outcome};
use tables::{BACKENDS, Backend};

fn main() -> ExitCode {
    match options::parse(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("ctests: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The whole run; true if nothing failed.
fn run(options: &Options) -> Result<bool, String> {
    build::enter_project()?;
    if options.variant.sanitizer.is_some() && !build::have_nightly() {
        println!("skip: no nightly toolchain, which sanitizers need: nothing was run");
        println!("0 passed, 0 failed, 1 skipped");
        return Ok(true);
    }
    build::stage()?;
    let backends = wanted_backends(options);
    if backends.is_empty() {
        return Err("no such backend in this kind of run".to_string());
    }
    let mut libraries = Vec::new();
    for backend in &backends {
        libraries.push(build::library(backend, options.variant)?);
    }
    build::shims()?;
    build::messages()?;
    let (programs, broken) = build::programs(options.variant)?;
    let mut jobs = Vec::new();
    for (backend, library) in backends.iter().zip(&libraries) {
        for program in &programs {
            add_jobs(&mut jobs, options, program, backend, library)?;
        }
    }
    println!("{} tests, {}", jobs.len(), options.variant.what);
    Ok(report(run_all(&jobs), &broken))
}

fn wanted_backends(options: &Options) -> Vec<&'static Backend> {
    let named = |b: &&Backend| match &options.backend {
        Some(name) => b.name == name,
        None => options.variant.backends.contains(&b.name),
    };
    BACKENDS.iter().filter(named).collect()
}

/// The tests of one program that are to run on one backend.
fn add_jobs(
    jobs: &mut Vec<Job>,
    options: &Options,
    program: &Program,
    backend: &'static Backend,
    library: &build::Library,
) -> Result<(), String> {
    for (test, every_backend) in process::list(program)? {
        let on_this = every_backend || backend.name == BACKENDS[0].name;
        let title = format!("{} {test}", program.name);
        if on_this && options.filter.as_ref().is_none_or(|part| title.contains(part)) {
            jobs.push(Job::new(program, &test, title, backend, library, options.variant));
        }
    }
    Ok(())
}

/// Runs the jobs, a few at a time, and returns each with its outcome, in the order given.
fn run_all(jobs: &[Job]) -> Vec<(&Job, Outcome)> {
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get() * 2);
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((at, job)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(at).map(|job| (at, job))
                } {
                    let outcome = job.run();
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(at, outcome)| (&jobs[at], outcome)).collect()
}

/// Prints what failed and what was skipped; true if nothing failed.
fn report(outcomes: Vec<(&Job, Outcome)>, broken: &[String]) -> bool {
    let (mut passed, mut failed, mut skipped) = (0, broken.len(), 0);
    broken.iter().for_each(|program| println!("FAIL {program}: does not compile"));
    for (job, outcome) in outcomes {
        match outcome {
            Outcome::Passed => passed += 1,
            Outcome::Skipped(why) => {
                skipped += 1;
                println!("skip {} [{}]: {why}", job.title, job.backend.name);
            }
            Outcome::Failed { how, output } => {
                failed += 1;
                println!("FAIL {} [{}]: {how}", job.title, job.backend.name);
                output.lines().for_each(|line| println!("    {line}"));
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}
