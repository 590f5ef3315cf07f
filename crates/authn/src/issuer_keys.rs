//! Where an issuer's keys come from: a document that was read once, or a key server that is asked.

use crate::KeySet;
use domain::{Digest, UnixMillis};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// A token of an unknown key is a reason to ask the key server, but nobody may make us ask more often.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How long keys are good for while their server does not answer. An outage of an hour is survived; a key
/// that was withdrawn because it leaked is good for no longer, even if somebody keeps the answer from us.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);

/// Who carries a question to a key server, within limits on address, size and time that are its own.
pub trait KeyServer: Send + Sync {
    /// The document at `url`, or why there is none, for the operator.
    fn fetch<'a>(&'a self, url: &'a str)
    -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>>;
}

/// The keys of an issuer.
pub enum IssuerKeys {
    /// These, as long as the server runs.
    Fixed(Arc<KeySet>),
    /// Those that a key server publishes.
    Published(PublishedKeys),
}

impl From<KeySet> for IssuerKeys {
    fn from(keys: KeySet) -> Self {
        Self::Fixed(Arc::new(keys))
    }
}

impl IssuerKeys {
    /// The keys that are good at `now`; none before the first answer, and none that are too old.
    pub(crate) fn at(&self, now: UnixMillis) -> Option<Arc<KeySet>> {
        match self {
            Self::Fixed(keys) => Some(Arc::clone(keys)),
            Self::Published(published) => published.0.at(now),
        }
    }

    /// Another number means other keys: what was verified under the ones before is verified again.
    pub(crate) fn generation(&self) -> u64 {
        match self {
            Self::Fixed(_) => 0,
            Self::Published(published) => published.0.generation.load(Ordering::Acquire),
        }
    }

    pub(crate) const fn published(&self) -> Option<&PublishedKeys> {
        match self {
            Self::Fixed(_) => None,
            Self::Published(published) => Some(published),
        }
    }
}

/// Keys at a URL. Cheap to clone.
#[derive(Clone)]
pub struct PublishedKeys(Arc<Published>);

struct Published {
    url: String,
    refresh: Duration,
    server: Arc<dyn KeyServer>,
    last: RwLock<Option<Answer>>,
    /// Counts the changes of the keys.
    generation: AtomicU64,
    /// When the last question was asked. Held while one is on its way: there is one at a time.
    asked: Mutex<Option<UnixMillis>>,
}

struct Answer {
    keys: Arc<KeySet>,
    document: Digest,
    since: UnixMillis,
}

impl PublishedKeys {
    /// Keys at `url`, asked for at the first use, and every `refresh` by [`Authenticator::follow_keys`].
    ///
    /// [`Authenticator::follow_keys`]: crate::Authenticator::follow_keys
    pub fn new(url: String, refresh: Duration, server: Arc<dyn KeyServer>) -> Self {
        let (last, generation, asked) = (RwLock::default(), AtomicU64::default(), Mutex::default());
        Self(Arc::new(Published { url, refresh, server, last, generation, asked }))
    }

    /// Between two questions that no token is the reason for.
    pub(crate) fn refresh(&self) -> Duration {
        self.0.refresh
    }

    /// Asks because a token names a key that is not known: at most once a minute, however many come.
    pub(crate) async fn ask_for_unknown(&self, now: UnixMillis) {
        self.ask(now, ASK_AGAIN_AFTER).await;
    }

    /// Asks because it is time.
    pub(crate) async fn ask_in_turn(&self, now: UnixMillis) {
        self.ask(now, Duration::ZERO).await;
    }

    /// On a task of its own: whoever hangs up in the middle must not take the answer from the others.
    async fn ask(&self, now: UnixMillis, pause: Duration) {
        let own = Arc::clone(&self.0);
        let asking = tokio::spawn(async move {
            let mut asked = own.asked.lock().await;
            if asked.is_none_or(|asked| now >= asked.plus(pause)) {
                *asked = Some(now);
                own.take(own.server.fetch(&own.url).await, now);
            }
        });
        let _panicked_or_done = asking.await;
    }
}

impl Published {
    fn at(&self, now: UnixMillis) -> Option<Arc<KeySet>> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|last| now < last.since.plus(GOOD_FOR)).map(|last| Arc::clone(&last.keys))
    }

    /// An answer that is no good leaves the keys as they are.
    fn take(&self, answer: Result<String, String>, now: UnixMillis) {
        let read = answer.and_then(|document| {
            let keys = KeySet::published(&document).map_err(|error| error.to_string())?;
            Ok((keys, Digest::of(document.as_bytes())))
        });
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        match read {
            Err(why) => tracing::warn!(url = self.url, why, "the keys of an issuer cannot be fetched"),
            Ok((keys, document)) => {
                if last.as_ref().is_none_or(|last| last.document != document) {
                    tracing::info!(url = self.url, keys = ?keys.names().collect::<Vec<_>>(), "keys of an issuer");
                    self.generation.fetch_add(1, Ordering::Release);
                }
                *last = Some(Answer { keys: Arc::new(keys), document, since: now });
            }
        }
    }
}
