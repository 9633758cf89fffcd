//! Waits for the end of the process that started this one.

use std::future::Future;
use std::io;

/// Returns a future that completes when the parent process ends.
#[cfg(target_os = "linux")]
pub(super) fn parent_end() -> io::Result<impl Future<Output = ()>> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    use rustix::process::{PidfdFlags, getppid, pidfd_open};

    let no_parent = || io::Error::new(io::ErrorKind::NotFound, "there is no parent process");
    let parent = getppid().ok_or_else(no_parent)?;
    let process = pidfd_open(parent, PidfdFlags::empty())?;
    // If the parent ended before its descriptor was opened, this process now has another parent.
    let has_ended = getppid() != Some(parent);
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    // The thread does not belong to the runtime, whose shutdown would wait for it.
    std::thread::spawn(move || {
        // The kernel makes the descriptor readable when the process ends. A signal interrupts the
        // wait.
        let wait = || poll(&mut [PollFd::new(&process, PollFlags::IN)], None);
        while !has_ended && wait() == Err(Errno::INTR) {}
        drop(ended);
    });
    Ok(async { drop(end.await) })
}

/// Returns a future that completes when standard input ends. A parent process that holds the other
/// end of a pipe closes it when it ends.
#[cfg(not(target_os = "linux"))]
pub(super) fn parent_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // An unreadable standard input has ended as well.
        drop(tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await);
    })
}
