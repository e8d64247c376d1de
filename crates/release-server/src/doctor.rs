//! `doctor`: what is wrong, and what to do about it. One line each.
//!
//! Limits: it looks and changes nothing. It opens the store beside a running server, and needs none.

use crate::adapters::{SystemClock, keys};
use crate::keyring::Keyring;
use crate::settings::{DatabaseUrl, Settings};
use crate::wiring;
use release_app::App;
use release_app::catalogue::open_target;
use release_domain::catalogue::Target;
use release_domain::event::chain::Verifier;
use release_domain::ports::{AuditFilter, CatalogueFilter, Clock, Page, Signer, Visible};
use release_domain::timestamp::Timestamp;
use release_store::SqlStore;
use std::fmt;
use std::sync::Arc;

/// Events of the chain's end that are verified: enough to see a torn or edited tail, quick on any store. All of it is
/// what `GET /audit/verify` walks through.
const VERIFIED_EVENTS: u64 = 10_000;
const VERIFY_PAGE: u32 = 1_000;
/// A clock this far behind the newest event is wrong.
const CLOCK_SECS: i64 = 60;

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub about: String,
    pub outcome: Outcome,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Good(String),
    Bad { what: String, advice: String },
}

impl Finding {
    fn good(about: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            outcome: Outcome::Good(what.into()),
        }
    }

    fn bad(about: impl Into<String>, what: impl fmt::Display, advice: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            outcome: Outcome::Bad {
                what: what.to_string(),
                advice: advice.into(),
            },
        }
    }

    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(self.outcome, Outcome::Bad { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Good(what) => write!(f, "ok    {}: {what}", self.about),
            Outcome::Bad { what, advice } => write!(f, "WRONG {}: {what}. {advice}", self.about),
        }
    }
}

/// Looks at everything that can be looked at.
pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut found = vec![Finding::good(
        "settings",
        format!("listens on {}, {} workers", settings.listen, settings.workers),
    )];
    let store = match store(settings).await {
        Ok(store) => store,
        Err(finding) => {
            found.push(finding);
            return found;
        }
    };
    found.push(Finding::good("store", settings.database_url.to_string()));
    if let Err(error) = store.ready().await {
        let advice =
            "`release-server migrate` brings an older schema up to date; a newer one needs a newer release-server";
        found.push(Finding::bad("schema", error, advice));
        return found;
    }
    found.push(Finding::good("schema", "as this version wants it"));
    found.push(clock(&store).await);
    found.push(chain(&store).await);
    found.extend(model(settings).await);
    match Keyring::look(settings, &store).await {
        Ok(keyring) => {
            found.extend(key_files(settings, &keyring));
            let app = wiring::app(settings, Arc::new(store), keyring, wiring::runtimes(settings));
            found.extend(targets(&app).await);
        }
        Err(error) => found.push(Finding::bad(
            "keys",
            format!("{error:#}"),
            "Without the store's own keys nothing starts; restore them from where you keep them",
        )),
    }
    found
}

async fn store(settings: &Settings) -> Result<SqlStore, Finding> {
    let url = settings.database_url.to_string();
    if let DatabaseUrl::Sqlite(path) = &settings.database_url
        && !path.exists()
    {
        let advice = "`release-server serve` makes it; or is RELEASE_DATA_DIR another folder?";
        return Err(Finding::bad("store", format!("{url} is not there"), advice));
    }
    wiring::store(settings).await.map_err(|error| {
        let advice = "Is the database running, and may this user open it? RELEASE_DATABASE_URL says where it is";
        Finding::bad("store", format!("{url}: {error:#}"), advice)
    })
}

/// The endpoint of the command center's model, where one is set.
async fn model(settings: &Settings) -> Option<Finding> {
    let model = match wiring::model(settings) {
        Ok(model) => model?,
        Err(error) => return Some(Finding::bad("model", format!("{error:#}"), "Run a build with TLS")),
    };
    Some(match model.look().await {
        Ok(()) => Finding::good("model", format!("the endpoint of `{}` answers", model.name())),
        Err(error) => {
            let advice = "Look at RELEASE_ASSISTANT_URL and _API_KEY; commands work without it";
            Finding::bad("model", error, advice)
        }
    })
}

async fn clock(store: &SqlStore) -> Finding {
    let now = SystemClock::new().now();
    match newest_event_at(store).await {
        Ok(Some(newest)) if newest.secs_since(now) > CLOCK_SECS => Finding::bad(
            "clock",
            format!("it is {now} here, and the newest event is of {newest}"),
            "Set the clock, and let NTP keep it",
        ),
        Ok(_) => Finding::good("clock", now.to_string()),
        Err(error) => Finding::bad("clock", error, "The store must answer first"),
    }
}

async fn newest_event_at(store: &SqlStore) -> Result<Option<Timestamp>, release_domain::ports::StoreError> {
    use release_domain::ports::Timeline;
    let newest = Page { limit: 1, after: None };
    let found = store.audit(&AuditFilter::default(), &Visible::All, newest).await?;
    let at = found.items.first().and_then(|event| event["occurred_at"].as_str());
    Ok(at.and_then(|at| Timestamp::parse(at).ok()))
}

/// The newest part of the chain, from the link before it on.
async fn chain(store: &SqlStore) -> Finding {
    match verified(store).await {
        Ok(Ok(checked)) => Finding::good("chain", format!("the newest {checked} events verify")),
        Ok(Err(bad)) => Finding::bad(
            "chain",
            format!("it is broken at seq {}: {}", bad.seq, bad.code.as_str()),
            "Somebody or something changed the store itself: keep it as it is, and restore a backup elsewhere to compare",
        ),
        Err(error) => Finding::bad("chain", error, "The store must answer first"),
    }
}

async fn verified(
    store: &SqlStore,
) -> Result<Result<u64, release_domain::event::chain::FirstBad>, release_domain::ports::StoreError> {
    use release_domain::ports::Timeline;
    let Some(head) = store.head().await? else {
        return Ok(Ok(0));
    };
    let start = head.seq.saturating_sub(VERIFIED_EVENTS);
    let mut verifier = if start == 0 {
        Verifier::from_start()
    } else {
        Verifier::default()
    };
    let mut after = (start > 0).then_some(start);
    loop {
        let page = Page {
            limit: VERIFY_PAGE,
            after,
        };
        let found = store.events(&AuditFilter::default(), &Visible::All, page).await?;
        for (event, _) in &found.items {
            if let Err(bad) = verifier.check(event) {
                return Ok(Err(bad));
            }
        }
        match found.next {
            Some(next) => after = Some(next),
            None => return Ok(Ok(verifier.checked())),
        }
    }
}

fn key_files(settings: &Settings, keyring: &Keyring) -> Vec<Finding> {
    let files = [
        (
            "master key",
            &settings.master_key_file,
            format!("fingerprint {}", keyring.master.fingerprint()),
        ),
        (
            "signing key",
            &settings.signing_key_file,
            format!("checkpoints verify with {}", keyring.signer.public_key()),
        ),
    ];
    let look = |(name, path, told): (&str, &std::path::PathBuf, String)| match keys::readable_by_others(path) {
        Ok(false) => Finding::good(name, told),
        Ok(true) => Finding::bad(
            name,
            format!("{} can be read by others", path.display()),
            format!("chmod 600 {}", path.display()),
        ),
        Err(error) => Finding::bad(name, error, "The file must be readable by this user"),
    };
    files.into_iter().map(look).collect()
}

async fn targets(app: &App) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = Page { limit: 200, after };
        let listed = app
            .store
            .targets(&CatalogueFilter::default(), &Visible::All, page)
            .await;
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => {
                found.push(Finding::bad("targets", error, "The store must answer first"));
                return found;
            }
        };
        for item in &listed.items {
            found.push(target(app, item).await);
        }
        match listed.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

async fn target(app: &App, target: &Target) -> Finding {
    let about = format!("target {}", target.key);
    let runtime = match app.runtime(target.runtime_type) {
        Ok(runtime) => runtime,
        Err(error) => return Finding::bad(about, error, "Delete the target, or run a build that has this runtime"),
    };
    let access = match open_target(app, target).await {
        Ok(access) => access,
        Err(error) => {
            let advice = "Is its host in RELEASE_TARGET_ALLOW, and are its credentials set?";
            return Finding::bad(about, error, advice);
        }
    };
    match runtime.probe(&access).await {
        Ok(probe) => Finding::good(about, format!("{} answers as {}", target.endpoint(), probe.version)),
        Err(error) => {
            let advice = format!("Start it, or mend how it is reached: {}", target.endpoint());
            Finding::bad(about, error, advice)
        }
    }
}
