//! Killing: a request that every later call of the target which may block fails with, until the
//! target returns or acknowledges it.

use super::greenlet::{GreenletPtr, State, flag};
use super::hub::Hub;
use super::sync::result::terminated;
use crate::errno::{Errno, Result};

/// So many calls in a row that fail because of a kill are reported.
const STRIKES: u32 = 1000;

impl Hub {
    /// Asks a greenlet to end. One that has not begun ends at once. `source`: whose end it was.
    pub fn kill(
        &self,
        target: GreenletPtr,
        error: Errno,
        source: Option<GreenletPtr>,
    ) -> Result<()> {
        match target.state.get() {
            State::New | State::Started => {
                self.kill_unrun(target, error);
                return Ok(());
            }
            State::Done | State::Failed | State::Killed => return Ok(()),
            State::Ready | State::Running | State::Waiting => {}
        }
        let more = target.more()?;
        if more.kill.get() != 0 {
            // It is dying already.
            return Ok(());
        }
        more.kill.set(error.0);
        more.strikes.set(0);
        self.set_source(target, source)?;
        target.cancel.set(error.0);
        self.trace_throw(target);
        if Hub::may_be_interrupted(target) {
            target.set(flag::KILL_TOLD);
            self.interrupt(target, error);
        } else {
            target.clear(flag::KILL_TOLD);
        }
        Ok(())
    }

    fn set_source(&self, target: GreenletPtr, source: Option<GreenletPtr>) -> Result<()> {
        if let Some(source) = source {
            source.refs.set(source.refs.get() + 1);
        }
        if let Some(former) = target.more()?.source.replace(source) {
            self.release(former);
        }
        Ok(())
    }

    fn kill_unrun(&self, target: GreenletPtr, error: Errno) {
        let was_counted = target.state.get() == State::Started || target.alarm.get().is_some();
        if target.state.get() == State::Started {
            self.ready.remove(target);
        } else {
            self.disarm(target);
        }
        if !was_counted {
            target.refs.set(target.refs.get() + 1);
        }
        self.pool.unreserve(target.class);
        self.end_unrun(target, error);
    }

    /// The caller goes on: the error that it was killed with, or 0.
    pub fn acknowledge_kill(&self) -> i32 {
        let me = self.me();
        let Some(more) = me.more.get() else { return 0 };
        let error = more.kill.replace(0);
        more.strikes.set(0);
        me.clear(flag::KILL_TOLD);
        if let Some(source) = more.source.take() {
            self.release(source);
        }
        self.reckon_cancel(me);
        error
    }

    /// Whose end has killed the caller.
    pub fn kill_source(&self) -> Option<GreenletPtr> {
        let more = self.me().more.get()?;
        if more.kill.get() == 0 { None } else { more.source.get() }
    }

    /// The caller fails: what its function returns says so.
    pub fn note_failure(&self, error: i32, text: Option<&[u8]>) {
        let Ok(more) = self.me().more() else { return };
        more.error.set(if error > 0 { error } else { Errno::INVAL.0 });
        // Without memory for the text, the failure goes without.
        more.text.set(text.and_then(|text| terminated(text).ok()));
    }

    /// A function that has failed did so within the caller, which goes on.
    pub fn take_failure(&self) -> i32 {
        let Some(more) = self.me().more.get() else { return Errno::NOMEM.0 };
        more.text.set(None);
        more.error.replace(0)
    }

    /// Works out anew what the calls of a greenlet fail with. Where it may not block, that stays.
    pub fn reckon_cancel(&self, greenlet: GreenletPtr) {
        if greenlet == self.looper || greenlet.has(flag::MAY_NOT_BLOCK) {
            return;
        }
        let error = greenlet.more.get().map_or(0, |more| match more.kill.get() {
            0 => super::timeout::first_expired(&more.limits),
            error => error,
        });
        greenlet.cancel.set(error);
    }

    /// One more call of a greenlet failed because it was cancelled.
    pub fn strike(&self, me: GreenletPtr) {
        let Some(more) = me.more.get() else { return };
        let strikes = more.strikes.get() + 1;
        more.strikes.set(if strikes == STRIKES { 0 } else { strikes });
        if strikes == STRIKES {
            super::report::ignores_errors(self, me);
        }
    }
}
