//! The command line of the C test runner.

use crate::tables::{VARIANTS, Variant};

pub struct Options {
    pub filter: Option<String>,
    pub backend: Option<String>,
    pub variant: &'static Variant,
}

pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { filter: None, backend: None, variant: &VARIANTS[0] };
    while let Some(arg) = args.next() {
        if let Some(variant) = VARIANTS.iter().find(|v| v.flag == arg) {
            options.variant = variant;
        } else if arg == "--backend" {
            options.backend = Some(args.next().ok_or("--backend needs a name")?);
        } else if arg.starts_with('-') {
            return Err(format!("unknown option {arg}"));
        } else {
            options.filter = Some(arg);
        }
    }
    Ok(options)
}
