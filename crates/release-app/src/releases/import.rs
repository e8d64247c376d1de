//! Bring in rows of older systems: all of them or none.

use crate::access::fields::MAX_NAME_CHARS;
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::{AppError, FieldError, LineError};
use crate::releases::draft::MAX_REASON_CHARS;
use release_domain::access::{Permission, Scope};
use release_domain::actor::{Actor, ActorKind};
use release_domain::catalogue::{Environment, Project, Service, Target};
use release_domain::event::{EventData, EventDraft, EventPlace, EventSubject};
use release_domain::history::{HistoricalPlace, HistoricalRelease};
use release_domain::ids::{EnvironmentId, ProjectId, ReleaseId};
use release_domain::ports::{CatalogueFilter, Commit, CommitError, Found, Page, StoreError, Visible, Write};
use release_domain::timestamp::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Bad lines that are told; who has more mends these first.
pub const MAX_BAD_LINES: usize = 100;
/// A word or two; the words that are known have at most sixteen letters.
const MAX_RAW_STATUS_CHARS: usize = 100;
/// How often it is saved anew when numbers were taken meanwhile.
const MAX_ATTEMPTS: u32 = 4;
/// The catalogue is read in pages of this size.
const PAGE: u32 = 200;

/// One row, with the line it came on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    pub line: u32,
    /// Keys, not ids.
    pub project: String,
    pub service: String,
    pub target: String,
    pub raw_status: String,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
    pub reason: Option<String>,
}

/// What was read of a request: the rows, and the lines that are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryRows {
    pub rows: Vec<HistoryRow>,
    pub malformed: Vec<LineError>,
}

/// How many rows were brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported(pub u64);

/// Every row becomes a release of its own; one event a project tells how many.
///
/// # Errors
/// `Forbidden` (`release:import` where a row belongs), then `InvalidLines` with every line that does not fit.
pub async fn import(app: &App, call: &Call<'_, Imported>, given: HistoryRows) -> Result<Done<Imported>, AppError> {
    let places = Places::read(app, &given.rows).await?;
    for scope in places.scopes(&given.rows) {
        app.authorize(call.caller, Permission::ReleaseImport, scope, ()).await?;
    }
    call.run(app, Box::pin(save(app, call, given, places))).await
}

async fn save(app: &App, call: &Call<'_, Imported>, given: HistoryRows, places: Places) -> Result<Imported, AppError> {
    let (drafts, wrong) = drafted(app, given, &places).await?;
    if !wrong.is_empty() {
        return Err(AppError::InvalidLines(wrong));
    }
    if drafts.is_empty() {
        return Err(AppError::invalid("", "required", "there is no row in it"));
    }
    let imported = Imported(u64::try_from(drafts.len()).unwrap_or(u64::MAX));
    for _ in 0..MAX_ATTEMPTS {
        let rows = numbered(app, call, &drafts).await?;
        let newest = rows.last().map(|row| row.id);
        let commit = Commit {
            events: events(app, call, &rows),
            writes: vec![Write::History(rows)],
            remember: call.remember(app, &imported),
            guards: Vec::new(),
        };
        match app.store.commit(commit).await {
            Ok(_) => return Ok(imported),
            // The answer may have been lost on its way: what stands in the store is what happened.
            Err(CommitError::Store(_)) if stands(app, newest).await => return Ok(imported),
            Err(CommitError::AlreadyExists("number")) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(AppError::Unavailable("too many releases at once".into()))
}

async fn stands(app: &App, id: Option<ReleaseId>) -> bool {
    match id {
        Some(id) => app.store.release(id).await.is_ok_and(|found| found.is_some()),
        None => false,
    }
}

/// A row that fits, and has no number yet.
struct Draft {
    place: Arc<HistoricalPlace>,
    row: HistoryRow,
    by: Option<Actor>,
}

async fn drafted(app: &App, given: HistoryRows, places: &Places) -> Result<(Vec<Draft>, Vec<LineError>), AppError> {
    let mut wrong = given.malformed;
    let mut drafts = Vec::with_capacity(given.rows.len());
    let mut people: HashMap<String, Actor> = HashMap::new();
    let now = app.now();
    for row in given.rows {
        if wrong.len() >= MAX_BAD_LINES {
            break;
        }
        match places.of(&row).and_then(|place| bounded(&row, now).map(|()| place)) {
            Ok(place) => {
                let by = match &row.created_by {
                    Some(name) => Some(person(app, &mut people, name).await?),
                    None => None,
                };
                drafts.push(Draft { place, row, by });
            }
            Err(error) => wrong.push(LineError { line: row.line, error }),
        }
    }
    wrong.sort_by_key(|wrong| wrong.line);
    wrong.truncate(MAX_BAD_LINES);
    Ok((drafts, wrong))
}

fn bounded(row: &HistoryRow, now: Timestamp) -> Result<(), FieldError> {
    let long = |pointer, most: usize| FieldError::new(pointer, "too_long", format!("at most {most} characters"));
    let chars = |text: Option<&String>| text.map_or(0, |text| text.chars().count());
    if chars(Some(&row.raw_status)) > MAX_RAW_STATUS_CHARS {
        return Err(long("/raw_status", MAX_RAW_STATUS_CHARS));
    }
    if row.raw_status.chars().any(char::is_control) {
        return Err(FieldError::new("/raw_status", "invalid_value", "no control characters"));
    }
    if chars(row.created_by.as_ref()) > MAX_NAME_CHARS {
        return Err(long("/created_by", MAX_NAME_CHARS));
    }
    if chars(row.reason.as_ref()) > MAX_REASON_CHARS {
        return Err(long("/reason", MAX_REASON_CHARS));
    }
    if row.created_at > now {
        let message = "what has not happened yet is no history";
        return Err(FieldError::new("/created_at", "invalid_value", message));
    }
    Ok(())
}

/// Whom a name of the older system means: one of ours, else somebody by that name and without an account here.
async fn person(app: &App, known: &mut HashMap<String, Actor>, name: &str) -> Result<Actor, AppError> {
    if let Some(actor) = known.get(name) {
        return Ok(actor.clone());
    }
    let actor = match app.store.user_by_name(name).await? {
        Some(user) => Actor {
            id: user.id.0,
            name: user.username,
            kind: user.kind,
        },
        None => Actor {
            id: Uuid::nil(),
            name: name.to_owned(),
            kind: ActorKind::Human,
        },
    };
    known.insert(name.to_owned(), actor.clone());
    Ok(actor)
}

/// The rows as they are saved, each with a number of its project: in the order of the file.
async fn numbered(
    app: &App,
    call: &Call<'_, Imported>,
    drafts: &[Draft],
) -> Result<Vec<HistoricalRelease>, StoreError> {
    let mut counts: BTreeMap<ProjectId, u32> = BTreeMap::new();
    for draft in drafts {
        *counts.entry(draft.place.project.id).or_default() += 1;
    }
    let mut next = BTreeMap::new();
    for (project, count) in counts {
        next.insert(project, app.store.next_numbers(project, count).await?);
    }
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let number = next.entry(draft.place.project.id).or_default();
        rows.push(HistoricalRelease {
            id: id_at(draft.row.created_at, app.ids.next()),
            number: *number,
            correlation_id: app.id(),
            place: draft.place.clone(),
            raw_status: draft.row.raw_status.clone(),
            created_at: draft.row.created_at,
            created_by: draft.by.clone().unwrap_or_else(|| call.caller.person()),
            channel: call.caller.channel,
            reason: draft.row.reason.clone(),
        });
        *number += 1;
    }
    Ok(rows)
}

/// An id of the time the row is of: lists go by id, and history stands where it belongs in them.
fn id_at(at: Timestamp, random: Uuid) -> ReleaseId {
    let millis = u64::try_from(at.unix_micros() / 1_000).unwrap_or_default();
    let mut rest = [0; 10];
    rest.copy_from_slice(&random.as_bytes()[6..]);
    ReleaseId(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
}

fn events(app: &App, call: &Call<'_, Imported>, rows: &[HistoricalRelease]) -> Vec<EventDraft> {
    let mut projects = BTreeMap::new();
    for row in rows {
        let project = &row.place.project;
        projects.entry(project.id).or_insert_with(|| (project.key.clone(), 0)).1 += 1;
    }
    let told = |(id, (key, imported)): (ProjectId, (String, u64))| {
        let subject = EventSubject {
            kind: "project".into(),
            id: id.to_string(),
            key,
        };
        let place = EventPlace {
            project: Some(id),
            ..EventPlace::default()
        };
        let data = EventData::HistoryImported { imported };
        EventDraft::of_subject(subject, place, &call.caller.origin(), app.now(), data)
    };
    projects.into_iter().map(told).collect()
}

/// What the rows name, by key.
struct Places {
    projects: HashMap<String, Project>,
    environments: HashMap<EnvironmentId, Environment>,
    services: HashMap<(ProjectId, String), Service>,
    targets: HashMap<(ProjectId, String), Target>,
    /// Shared by all rows of one service on one target.
    made: std::sync::Mutex<HashMap<(String, String, String), Arc<HistoricalPlace>>>,
}

impl Places {
    async fn read(app: &App, rows: &[HistoryRow]) -> Result<Self, AppError> {
        let named: BTreeSet<&str> = rows.iter().map(|row| row.project.as_str()).collect();
        let all = |filter: CatalogueFilter| async move {
            let page = |after| app.store.projects(&filter, &Visible::All, after);
            every(page).await
        };
        let projects: HashMap<_, _> = all(CatalogueFilter::default())
            .await?
            .into_iter()
            .filter(|project| named.contains(project.key.as_str()))
            .map(|project| (project.key.clone(), project))
            .collect();
        let mut places = Self {
            environments: HashMap::new(),
            services: HashMap::new(),
            targets: HashMap::new(),
            made: std::sync::Mutex::default(),
            projects,
        };
        let ids: Vec<_> = places.projects.values().map(|project| project.id).collect();
        for id in ids {
            let filter = CatalogueFilter {
                project: vec![id],
                ..CatalogueFilter::default()
            };
            let found = every(|page| app.store.environments(&filter, &Visible::All, page)).await?;
            places
                .environments
                .extend(found.into_iter().map(|each| (each.id, each)));
            let found = every(|page| app.store.services(&filter, &Visible::All, page)).await?;
            places
                .services
                .extend(found.into_iter().map(|each| ((id, each.key.clone()), each)));
            let found = every(|page| app.store.targets(&filter, &Visible::All, page)).await?;
            places
                .targets
                .extend(found.into_iter().map(|each| ((id, each.key.clone()), each)));
        }
        Ok(places)
    }

    /// Where the permission is asked: in the environments that rows belong to. What is unknown asks for it further up,
    /// so that who may not import learns nothing of what exists.
    fn scopes(&self, rows: &[HistoryRow]) -> Vec<Scope> {
        let mut scopes: Vec<Scope> = Vec::new();
        let mut seen = BTreeSet::new();
        for row in rows {
            if !seen.insert((&row.project, &row.target)) {
                continue;
            }
            let project = self.projects.get(&row.project);
            let target = project.and_then(|project| self.targets.get(&(project.id, row.target.clone())));
            let scope = match (project, target) {
                (Some(project), Some(target)) => Scope::environment(project.id, target.environment_id),
                (Some(project), None) => Scope::project(project.id),
                (None, _) => Scope::ALL,
            };
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }

    fn of(&self, row: &HistoryRow) -> Result<Arc<HistoricalPlace>, FieldError> {
        let key = (row.project.clone(), row.service.clone(), row.target.clone());
        let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(place) = made.get(&key) {
            return Ok(place.clone());
        }
        let place = Arc::new(self.found(row)?);
        made.insert(key, place.clone());
        Ok(place)
    }

    fn found(&self, row: &HistoryRow) -> Result<HistoricalPlace, FieldError> {
        let unknown = |pointer: &str| FieldError::new(pointer, "not_found", "there is no such thing");
        let project = self.projects.get(&row.project).ok_or_else(|| unknown("/project"))?;
        let service = self.services.get(&(project.id, row.service.clone()));
        let service = service.ok_or_else(|| unknown("/service"))?;
        let target = self.targets.get(&(project.id, row.target.clone()));
        let target = target.ok_or_else(|| unknown("/target"))?;
        let environment = self.environments.get(&target.environment_id);
        let environment = environment.ok_or_else(|| unknown("/target"))?;
        if service.runtime_type != target.runtime_type {
            let message = format!(
                "the service runs on {}, the target is {}",
                service.runtime_type, target.runtime_type
            );
            return Err(FieldError::new("/target", "invalid_value", message));
        }
        Ok(HistoricalPlace {
            project: project.reference(),
            service: service.reference(),
            target: target.reference(),
            environment: environment.reference(),
            runtime_type: target.runtime_type,
        })
    }
}

type Key = (String, Uuid);

/// Every page of a catalogue list.
async fn every<T, F>(read: impl Fn(Page<Key>) -> F) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<Found<T, Key>, StoreError>>,
{
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = read(Page { limit: PAGE, after }).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}
