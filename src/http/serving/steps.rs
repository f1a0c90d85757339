//! What a connection that serves does next: one step at a time.

use super::{Call, Served, State};
use crate::buffer;
use crate::http::body::{Incoming, Progress};
use crate::http::client::Reason;
use crate::http::connection::{no_memory, try_copy};
use crate::http::{Decoder, Refusal, Scan, exchange, pages};
use crate::layout::call::http::RequestCall;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::{RequestPtr, Stage};
use crate::sys::mem;

impl Served<'_> {
    /// One step: what is to be called, if it comes to that. `here` is a place on the stack, of the
    /// frame that makes the call.
    pub fn advance(self, here: usize) -> Option<Call> {
        let request = self.serving.request.get();
        if request.is_some_and(|request| request.is_held(here)) {
            // A loop within a callback that has it.
            return None;
        }
        if let Some(call) = self.sent() {
            return Some(call);
        }
        if let Some(request) = request.filter(|request| request.stage.get() == Stage::Answered) {
            if request.complete_cb.get().is_some() {
                return self.complete(request);
            }
            self.finish(request);
        }
        if self.connection.wire.output_length() > super::OUTPUT_LIMIT {
            self.serving.waits_for_room.set(true);
            return None;
        }
        let step = match self.serving.state.get() {
            State::Head => self.read_head(),
            State::Begun | State::Body if self.is_paused() => return None,
            State::Begun => self.begin_body(),
            State::Body => self.read_body(),
            State::Skip => self.skip_body(),
            State::Busy | State::Last | State::Linger => return None,
        };
        step.unwrap_or_else(|refusal| self.refuse(refusal))
    }

    /// All has left that the program wanted to know of.
    fn sent(self) -> Option<Call> {
        let (serving, callback) = (self.serving, self.serving.sent.get());
        callback?;
        if self.connection.wire.output_length() > 0 {
            serving.waits_for_room.set(true);
            return None;
        }
        serving.sent.set(None);
        Some(Call::Sent { callback, arg: serving.sent_arg.get() })
    }

    /// The reply has left, and the program wants to know.
    fn complete(self, request: RequestPtr) -> Option<Call> {
        if self.connection.wire.output_length() > 0 {
            self.serving.waits_for_room.set(true);
            return None;
        }
        let callback = request.complete_cb.take();
        let (request, arg) = (request.as_ptr(), request.complete_arg.get());
        Some(Call::Request(RequestCall { callback, request, arg }))
    }

    /// After an answer the next request may come.
    fn finish(self, request: RequestPtr) {
        let (serving, wire) = (self.serving, &self.connection.wire);
        serving.request.set(None);
        let has_rest = self.has_body();
        // Who waits to be told to go on would take what it hears next for that.
        let is_odd = serving.owes_continue.replace(false) && has_rest;
        let closes = request.closes.get() || is_odd || wire.is_at_end() && !wire.has_input();
        request.dispose();
        serving.state.set(match (closes, has_rest) {
            (true, _) => State::Last,
            (_, true) => State::Skip,
            _ => State::Head,
        });
    }

    fn read_head(self) -> crate::http::Result<Option<Call>> {
        let (serving, server) = (self.serving, self.serving.server);
        let settings = &server.settings;
        let Some(input) = self.connection.wire.input().filter(|input| input.off.get() > 0) else {
            // An idle connection has no buffer.
            self.connection.wire.drop_input();
            return Ok(None);
        };
        let mut scan = match serving.scan.take() {
            Some(scan) => scan,
            None => mem::try_box(Scan::request(settings.is_strict())).map_err(no_memory)?,
        };
        let Some(found) = scan.find(input.bytes(), &settings.limits())? else {
            if self.connection.wire.is_at_end() {
                self.end_quietly();
            } else {
                self.wait_for_head(scan.has_begun(input.bytes())).map_err(no_memory)?;
                serving.scan.set(Some(scan));
            }
            return Ok(None);
        };
        let mut head = try_copy(&input.bytes()[found.start..found.end])?;
        buffer::drain(input, found.end);
        serving.head_until.set(None);
        let taken = exchange::begin(self.connection, server, &found, &mut head)?;
        serving.request.set(Some(taken.request));
        serving.owes_continue.set(taken.wants_continue);
        serving.incoming.set(Incoming::new(taken.body, settings.max_body(), || {
            Decoder::new(settings.is_strict(), false, settings.limits(), settings.max_body())
        })?);
        let Some(call) = server.head_handlers.find(taken.request) else {
            return self.begin_body();
        };
        taken.request.cb_arg.set(call.arg);
        serving.state.set(State::Begun);
        Ok(Some(Call::Piece(call, taken.request)))
    }

    /// The program knows of the head, if it wants to: the body may come.
    fn begin_body(self) -> crate::http::Result<Option<Call>> {
        let Some(request) = self.serving.request.get() else { return Ok(None) };
        // GET and HEAD are answered now; the end of the body only tells where the next request
        // begins.
        let skips_body = matches!(request.r#type.get(), 0 | exchange::METHOD_HEAD);
        if skips_body || !self.has_body() {
            return Ok(self.dispatch());
        }
        self.serving.state.set(State::Body);
        if self.serving.owes_continue.replace(false) && !self.connection.wire.has_input() {
            let go_on = self.connection.wire.send(b"HTTP/1.1 100 Continue\r\n\r\n");
            go_on.map_err(no_memory)?;
        }
        self.read_body()
    }

    fn has_body(self) -> bool {
        let incoming = self.serving.incoming.take();
        let has = incoming.is_some();
        self.serving.incoming.set(incoming);
        has
    }

    /// Takes what there is of the body; with a request it is appended to that.
    fn take_body(self, request: Option<RequestPtr>) -> crate::http::Result<Progress> {
        let Some(mut incoming) = self.serving.incoming.take() else { return Ok(Progress::Whole) };
        let input = self.input()?;
        let is_at_end = self.connection.wire.is_at_end();
        loop {
            match incoming.step(input, is_at_end, request)? {
                Progress::Piece => {}
                Progress::Wait => {
                    self.serving.incoming.set(Some(incoming));
                    return Ok(Progress::Wait);
                }
                Progress::Whole => return Ok(Progress::Whole),
            }
        }
    }

    fn read_body(self) -> crate::http::Result<Option<Call>> {
        let Some(request) = self.serving.request.get() else { return Ok(None) };
        if self.serving.is_shown.replace(false) {
            buffer::drain(request.input(), request.input().off.get());
        }
        let progress = self.take_body(Some(request))?;
        let callback = request.body_cb.get();
        if callback.is_some() && request.input().off.get() > 0 {
            self.serving.is_shown.set(true);
            let arg = request.cb_arg.get();
            let call = RequestCall { callback, request: request.as_ptr(), arg };
            return Ok(Some(Call::Piece(call, request)));
        }
        Ok(if progress == Progress::Whole { self.dispatch() } else { self.wait() })
    }

    /// Throws away the body of a request that was answered; then the next one may come.
    fn skip_body(self) -> crate::http::Result<Option<Call>> {
        if self.take_body(None)? == Progress::Whole {
            self.serving.state.set(State::Head);
            return self.read_head();
        }
        Ok(self.wait())
    }

    /// An empty one if nothing has come: a body may be over at the end of all input.
    fn input(self) -> crate::http::Result<BufferPtr> {
        self.connection.wire.input_or_new().map_err(no_memory)
    }

    /// The rest of the body has to come.
    fn wait(self) -> Option<Call> {
        if self.connection.wire.is_at_end() {
            self.end_quietly();
        } else if !self.connection.wire.has_input() {
            self.connection.wire.drop_input();
        }
        None
    }

    /// The request is there: who is to be called.
    fn dispatch(self) -> Option<Call> {
        let request = self.serving.request.get()?;
        self.serving.state.set(State::Busy);
        let call = self.serving.server.handlers.find(request);
        if call.is_none() {
            pages::answer_not_found(request);
            self.connection.wire.queue();
        }
        call.map(Call::Request)
    }

    /// Answers what is no request, and ends the connection.
    fn refuse(self, refusal: Refusal) -> Option<Call> {
        self.answer_refusal(refusal.status());
        let request = self.serving.request.take()?;
        let reason = match refusal {
            Refusal::BodyTooLarge => Reason::TooLong,
            Refusal::NoMemory => Reason::Buffer,
            _ => Reason::Invalid,
        };
        Some(Call::Failed(request, reason))
    }

    pub fn answer_refusal(self, status: u16) {
        self.serving.incoming.set(None);
        self.serving.was_refused.set(true);
        self.serving.state.set(State::Last);
        let page = pages::refusal(status, exchange::reason(status));
        if page.and_then(|page| self.connection.wire.send(&page)).is_err() {
            // Without memory for that it just ends.
            self.end_quietly();
        }
    }

    /// Ends at the end of the round, without another word.
    pub fn end_quietly(self) {
        self.serving.state.set(State::Last);
        self.connection.wire.queue();
    }
}
