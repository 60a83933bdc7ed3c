// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two hosts on one loop: the first dials the second, which sends back what it
//! gets. Prints the answer.
use p2p_sys::*;
use std::ffi::CStr;
use std::os::raw::{c_char, c_int, c_void};
use std::ptr;

const ECHO: *const c_char = b"/echo/1.0.0\0".as_ptr().cast();

struct App {
    loop_: *mut p2p_loop,
    dialer: *mut p2p_host,
    names: [*const c_char; 1],
    answering: p2p_stream_events,
    echoing: p2p_stream_events,
    said: Vec<u8>,
    status: c_int,
}

impl App {
    fn done(&mut self, status: c_int) {
        self.status = status;
        unsafe { p2p_loop_stop(self.loop_) };
    }
}

unsafe extern "C" fn echo_data(_: *mut c_void, s: *mut p2p_stream, p: *const u8, len: usize) {
    if p2p_stream_send(s, p.cast(), len) != 0 {
        p2p_stream_reset(s);
    }
}

unsafe extern "C" fn echo_finished(_: *mut c_void, s: *mut p2p_stream) {
    p2p_stream_finish(s);
}

unsafe extern "C" fn on_stream(user: *mut c_void, s: *mut p2p_stream) {
    let app = user as *mut App;
    p2p_stream_listen(s, ptr::addr_of!((*app).echoing), user);
}

unsafe extern "C" fn answer_data(user: *mut c_void, _: *mut p2p_stream, p: *const u8, len: usize) {
    let app = &mut *(user as *mut App);
    app.said
        .extend_from_slice(std::slice::from_raw_parts(p, len));
}

unsafe extern "C" fn answer_closed(user: *mut c_void, _: *mut p2p_stream, status: c_int) {
    (*(user as *mut App)).done(status);
}

unsafe extern "C" fn on_dialed(user: *mut c_void, status: c_int, peer: *const p2p_peer_id) {
    let app = &mut *(user as *mut App);
    let mut s = ptr::null_mut();
    let text = "hello from Rust";
    let mut rv = status;

    if rv == 0 {
        rv = p2p_stream_open(
            app.dialer,
            peer,
            app.names.as_ptr(),
            1,
            &app.answering,
            user,
            &mut s,
        );
    }
    if rv == 0 {
        rv = p2p_stream_send(s, text.as_ptr().cast(), text.len());
        p2p_stream_finish(s);
    }
    if rv != 0 {
        app.done(rv);
    }
}

fn check(code: c_int) -> Result<(), String> {
    match code {
        0.. => Ok(()),
        _ => Err(unsafe { CStr::from_ptr(p2p_err_text(code)) }
            .to_string_lossy()
            .into_owned()),
    }
}

unsafe fn host_new(app: &App) -> Result<(*mut p2p_key, *mut p2p_host), String> {
    let (mut key, mut host) = (ptr::null_mut(), ptr::null_mut());
    let mut cfg = p2p_host_config::new();

    check(p2p_key_generate(P2P_KEY_ED25519, &mut key))?;
    cfg.key = key;
    check(p2p_host_new(app.loop_, &cfg, &mut host))?;
    Ok((key, host))
}

fn main() -> Result<(), String> {
    let mut app = Box::new(App {
        loop_: ptr::null_mut(),
        dialer: ptr::null_mut(),
        names: [ECHO],
        answering: p2p_stream_events {
            data: Some(answer_data),
            closed: Some(answer_closed),
            ..Default::default()
        },
        echoing: p2p_stream_events {
            data: Some(echo_data),
            finished: Some(echo_finished),
            ..Default::default()
        },
        said: Vec::new(),
        status: 0,
    });
    let user: *mut c_void = (&mut *app as *mut App).cast();
    let mut text = [0 as c_char; P2P_MULTIADDR_TEXT_MAX];

    unsafe {
        check(p2p_loop_new(&mut app.loop_))?;
        let (key, dialer) = host_new(&app)?;
        let (key2, listener) = host_new(&app)?;
        let mut addr: p2p_multiaddr = std::mem::zeroed();

        app.dialer = dialer;
        check(p2p_host_listen(
            listener,
            b"/ip4/127.0.0.1/tcp/0\0".as_ptr().cast(),
        ))?;
        check(p2p_host_handle(listener, ECHO, Some(on_stream), user))?;
        p2p_host_addrs(listener, &mut addr, 1);
        let to = p2p_multiaddr_text(&addr, text.as_mut_ptr());
        check(p2p_host_dial(dialer, to, Some(on_dialed), user))?;
        p2p_loop_run(app.loop_);
        p2p_host_free(dialer);
        p2p_host_free(listener);
        p2p_loop_free(app.loop_);
        p2p_key_free(key);
        p2p_key_free(key2);
    }
    check(app.status)?;
    println!("{}", String::from_utf8_lossy(&app.said));
    Ok(())
}
