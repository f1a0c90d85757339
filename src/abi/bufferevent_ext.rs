//! `evhub/bufferevent_ext.h`: what libevent 1.4 did not have for bufferevents.
