//! Registries, asked whether they have an image (OCI distribution specification: `HEAD /v2/NAME/manifests/REFERENCE`).
//!
//! A registry is an address that a manifest names, and so is every address that it sends us on to. Invariants: only what
//! the [`Resolver`] hands out is dialled; credentials go to the registry that they are for, and to the token service that
//! it names, encrypted unless the registry is on this machine; nothing that a registry says is repeated. Limits: bounded
//! in number, time and size; registries that want proxies or certificates of their own do not answer.

mod credentials;
mod exchange;

pub use credentials::{Credential, Credentials};

use crate::image::Image;
use crate::names::MANAGER;
use exchange::{Exchange, Guard};
use futures::StreamExt;
use release_domain::ports::Resolver;
use reqwest::redirect;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Images of one preview that are asked about; each is a request that somebody's manifest makes us send.
const MAX_IMAGES: usize = 200;
/// How many are asked about at once.
const AT_ONCE: usize = 16;
/// How long one may take, and how long all of them: a preview waits for them.
const EACH_WITHIN: Duration = Duration::from_secs(3);
const ALL_WITHIN: Duration = Duration::from_secs(4);

/// What a registry says of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Known,
    /// It does not know it.
    Missing,
    /// It does not tell, or could not be asked: why, as part of a sentence.
    Unverified(String),
}

impl Verdict {
    fn unverified(why: impl Into<String>) -> Self {
        Self::Unverified(why.into())
    }
}

/// An image, and who asks for it.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    pub image: Image<'a>,
    /// Tried one after the other; without any it is asked for by nobody in particular.
    pub credentials: Vec<Credential>,
}

/// Asks about all of them, many at once; verdicts in the order of the questions.
pub async fn ask(resolver: &Arc<dyn Resolver>, questions: &[Question<'_>]) -> Vec<Verdict> {
    let exchange = match client(resolver) {
        Ok(client) => Exchange {
            client,
            resolver: resolver.clone(),
        },
        Err(error) => return vec![Verdict::unverified(format!("no client can be made: {error}")); questions.len()],
    };
    let end = Instant::now() + ALL_WITHIN;
    let exchange = &exchange;
    let asked = questions.iter().take(MAX_IMAGES).map(|question| async move {
        let until = end.min(Instant::now() + EACH_WITHIN);
        let verdict = timeout_at(until, exchange.ask(question)).await;
        verdict.unwrap_or_else(|_| Verdict::unverified("it does not answer in time"))
    });
    let asked: Vec<_> = asked.collect();
    let mut verdicts: Vec<Verdict> = futures::stream::iter(asked).buffered(AT_ONCE).collect().await;
    let left = Verdict::unverified(format!("no more than {MAX_IMAGES} images are asked about at once"));
    verdicts.resize(questions.len(), left);
    verdicts
}

/// Dials what the resolver hands out; follows nothing by itself.
fn client(resolver: &Arc<dyn Resolver>) -> reqwest::Result<reqwest::Client> {
    // The process may have set none; another one that is set is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(MANAGER)
        .dns_resolver(Guard(resolver.clone()))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
}
