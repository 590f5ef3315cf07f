//! Big work holds up nobody, and one that breaks is a refusal.

use super::Aside;
use domain::RefusalCode;
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Longer than any machine needs; it ends a test that would wait for ever.
const FOR_EVER: Duration = Duration::from_secs(60);

fn one_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn big_work_leaves_the_only_thread_to_others() {
    one_thread().block_on(async {
        let (small, done) = mpsc::channel();
        let aside = Aside::with_room(1);
        // Both on the one worker. The big work ends only once the small one has run.
        let big = tokio::spawn(async move { aside.run(move || done.recv_timeout(FOR_EVER)).await });
        tokio::spawn(async move { small.send(()) }).await.unwrap().unwrap();
        assert_eq!(big.await.unwrap().unwrap(), Ok(()));
    });
}

#[test]
fn work_that_breaks_is_refused_and_gives_its_room_back() {
    one_thread().block_on(async {
        let aside = Aside::with_room(1);
        let broke = aside.run(|| panic!("broken on purpose")).await;
        assert_eq!(broke.map(|(): ()| ()).unwrap_err().code(), RefusalCode::Internal);
        assert_eq!(aside.run(|| 7).await.unwrap(), 7);
    });
}
