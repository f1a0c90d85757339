//! The binary interface of libevent 1.4 against the facts in tests/abi/*.tsv: symbols, layouts,
//! prototypes, macros.

#[path = "abi/layouts.rs"]
mod layouts;
#[path = "abi/macros.rs"]
mod macros;
#[path = "abi/program.rs"]
mod program;
#[path = "abi/prototypes.rs"]
mod prototypes;
#[path = "support/shell.rs"]
mod shell;
#[path = "abi/symbols.rs"]
mod symbols;
#[path = "abi/tables.rs"]
mod tables;
