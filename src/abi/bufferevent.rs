//! `event.h`: buffered input and output.
