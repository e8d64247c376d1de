//! From the words of a command to the things they name: by key, by name, or `PROJECT/KEY`. What fits nothing, or
//! several, is asked about and never chosen.

use super::texts::Language;
use crate::interpreter::{NewRelease, Number, Word, nearest};
use release_app::access::Listing;
use release_app::catalogue::environments::EnvironmentView;
use release_app::catalogue::services::ServiceView;
use release_app::catalogue::targets::TargetView;
use release_app::catalogue::{CatalogueKey, CatalogueQuery, environments, services, targets};
use release_app::view::ReleaseView;
use release_app::{App, AppError, Caller, releases};
use release_domain::ids::{EnvironmentId, ProjectId, ServiceId};
use release_domain::ports::{CatalogueFilter, Page, ReleaseFilter};

/// A page of names.
const PAGE: u32 = 200;
/// Names past this many pages are not looked through: people then say `PROJECT/KEY`.
const MAX_PAGES: usize = 10;
/// So many names a question lists.
const MAX_LISTED: usize = 8;

/// A question back to the person: nothing was chosen, nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask(pub String);

pub(super) type Asked<T> = Result<Result<T, Ask>, AppError>;

/// Looks names up for one caller: what they may not read does not exist for them.
pub(super) struct Names<'a> {
    pub app: &'a App,
    pub caller: &'a Caller,
    pub language: Language,
}

/// Where a release goes.
pub(super) struct Place {
    pub service: ServiceView,
    pub target: TargetView,
}

/// Something with a key and a name in a project.
trait Named {
    fn names(&self) -> (&str, &str, &str);
    fn project_id(&self) -> ProjectId;
}

impl Named for ServiceView {
    fn names(&self) -> (&str, &str, &str) {
        (&self.project.key, &self.service.key, &self.service.name)
    }
    fn project_id(&self) -> ProjectId {
        self.project.id
    }
}

impl Named for EnvironmentView {
    fn names(&self) -> (&str, &str, &str) {
        (&self.project.key, &self.environment.key, &self.environment.name)
    }
    fn project_id(&self) -> ProjectId {
        self.project.id
    }
}

impl Named for TargetView {
    fn names(&self) -> (&str, &str, &str) {
        (&self.project.key, &self.key, &self.name)
    }
    fn project_id(&self) -> ProjectId {
        self.project.id
    }
}

impl Names<'_> {
    /// The service and the one target that a new release is for.
    pub async fn place(&self, new: &NewRelease) -> Asked<Place> {
        let (service, environment) = match self.service_in(&new.service, &new.environment).await? {
            Ok(pair) => pair,
            Err(ask) => return Ok(Err(ask)),
        };
        let target = self.target(&service, &environment, new.target.as_ref()).await?;
        Ok(target.map(|target| Place { service, target }))
    }

    /// The service and the environment of one project that these words name.
    pub async fn service_in(&self, service: &Word, environment: &Word) -> Asked<(ServiceView, EnvironmentView)> {
        let services = all(|query| services::list(self.app, self.caller, query)).await?;
        let environments = all(|query| environments::list(self.app, self.caller, query)).await?;
        let found = match self.fitting("service", "服务", service, services) {
            Ok(found) => found,
            Err(ask) => return Ok(Err(ask)),
        };
        let stages = match self.fitting("environment", "环境", environment, environments) {
            Ok(stages) => stages,
            Err(ask) => return Ok(Err(ask)),
        };
        let mut pairs: Vec<_> = Vec::new();
        for service in &found {
            let same = stages.iter().filter(|stage| stage.project_id() == service.project_id());
            pairs.extend(same.map(|stage| (service.clone(), stage.clone())));
        }
        Ok(match pairs.len() {
            1 => Ok(pairs.remove(0)),
            0 => Err(Ask(self.language.pick(
                format!(
                    "No project has both the service `{}` and the environment `{}`.",
                    service.text, environment.text
                ),
                format!(
                    "没有一个项目同时有服务 `{}` 和环境 `{}`。",
                    service.text, environment.text
                ),
            ))),
            _ => {
                let projects = pairs
                    .iter()
                    .map(|(service, _)| format!("{}/{}", service.names().0, service.names().1));
                Err(self.which(&service.text, projects.collect()))
            }
        })
    }

    /// Any service of this name.
    pub async fn service(&self, word: &Word) -> Asked<ServiceView> {
        let services = all(|query| services::list(self.app, self.caller, query)).await?;
        Ok(self
            .fitting("service", "服务", word, services)
            .and_then(|found| self.one(word, found)))
    }

    async fn target(&self, service: &ServiceView, stage: &EnvironmentView, word: Option<&Word>) -> Asked<TargetView> {
        let targets = self.targets_in(stage.environment.id, service).await?;
        let place = &stage.environment.key;
        let Some(word) = word else {
            return Ok(match targets.len() {
                0 => Err(Ask(self.language.pick(
                    format!("`{place}` has no target that runs {}.", service.service.runtime_type),
                    format!("`{place}` 没有能运行 {} 的目标。", service.service.runtime_type),
                ))),
                _ => self.one_of(place, targets, |t| format!("on {}", t.key)),
            });
        };
        Ok(self
            .fitting("target", "目标", word, targets)
            .and_then(|found| self.one(word, found)))
    }

    /// Targets of an environment that a service can run on.
    async fn targets_in(&self, environment: EnvironmentId, service: &ServiceView) -> Result<Vec<TargetView>, AppError> {
        all(|query| {
            let filter = CatalogueFilter {
                environment: vec![environment],
                runtime_type: vec![service.service.runtime_type],
                ..query.filter
            };
            targets::list(self.app, self.caller, CatalogueQuery { filter, ..query })
        })
        .await
    }

    /// The release of that number.
    pub async fn release(&self, number: &Number) -> Asked<ReleaseView> {
        let filter = ReleaseFilter {
            q: vec![number.number.to_string()],
            ..ReleaseFilter::default()
        };
        let mut found = self.releases(filter).await?;
        found.retain(|view| {
            let project = number.project.as_ref();
            view.release.number == number.number
                && project.is_none_or(|key| key.eq_ignore_ascii_case(&view.release.project.key))
        });
        if found.is_empty() {
            return Ok(Err(Ask(self.language.pick(
                format!("There is no release {} that you may read.", number.number),
                format!("没有你可以读取的发布 {}。", number.number),
            ))));
        }
        let text = number.number.to_string();
        Ok(self.one_of(&text, found, |v| {
            format!("{}/{}", v.release.project.key, v.release.number)
        }))
    }

    /// What is current of a service in an environment: on one target, or it is asked which.
    pub async fn current(&self, service: ServiceId, environment: EnvironmentId, named: &str) -> Asked<ReleaseView> {
        let filter = ReleaseFilter {
            service: vec![service],
            environment: vec![environment],
            is_current: Some(true),
            ..ReleaseFilter::default()
        };
        let found = self.releases(filter).await?;
        if found.is_empty() {
            return Ok(Err(Ask(self.language.pick(
                format!("Nothing of `{named}` runs there by a release, so there is nothing to roll back."),
                format!("`{named}` 在那里没有由发布运行的内容，无可回滚。"),
            ))));
        }
        Ok(self.one_of(named, found, |v| {
            format!("{} (on {})", v.release.number, v.release.target.key)
        }))
    }

    async fn releases(&self, filter: ReleaseFilter) -> Result<Vec<ReleaseView>, AppError> {
        let (mut found, mut after) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let page = releases::list::list(self.app, self.caller, &filter, Page { limit: PAGE, after }).await?;
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// What a word fits: by key before by name.
    fn fitting<T: Named>(&self, kind: &str, kind_chinese: &str, word: &Word, known: Vec<T>) -> Result<Vec<T>, Ask> {
        let (project, text) = match word.text.split_once('/') {
            Some((project, text)) => (Some(project), text),
            None => (None, word.text.as_str()),
        };
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let here = |thing: &T| project.is_none_or(|project| same(project, thing.names().0));
        let by_key = known.iter().any(|thing| here(thing) && same(text, thing.names().1));
        let fits = |thing: &T| {
            let (_, key, name) = thing.names();
            here(thing) && same(text, if by_key { key } else { name })
        };
        let (found, others): (Vec<T>, Vec<T>) = known.into_iter().partition(fits);
        if !found.is_empty() {
            return Ok(found);
        }
        let names = others.iter().flat_map(|thing| [thing.names().1, thing.names().2]);
        let near = nearest(text, names);
        let near: Vec<_> = others
            .iter()
            .filter(|thing| near.contains(&thing.names().1) || near.contains(&thing.names().2))
            .map(|thing| thing.names().1)
            .collect();
        let near = listed(near.into_iter().map(str::to_owned).collect());
        let text = clean(text);
        Err(Ask(match near.is_empty() {
            true => self.language.pick(
                format!("There is no {kind} `{text}` that you may read."),
                format!("没有你可以读取的{kind_chinese} `{text}`。"),
            ),
            false => self.language.pick(
                format!("There is no {kind} `{text}`. Nearest: {near}."),
                format!("没有{kind_chinese} `{text}`。最接近的是：{near}。"),
            ),
        }))
    }

    fn one<T: Named>(&self, word: &Word, found: Vec<T>) -> Result<T, Ask> {
        self.one_of(&word.text, found, |thing| {
            format!("{}/{}", thing.names().0, thing.names().1)
        })
    }

    fn one_of<T>(&self, text: &str, mut found: Vec<T>, name: impl Fn(&T) -> String) -> Result<T, Ask> {
        match found.len() {
            1 => Ok(found.remove(0)),
            _ => Err(self.which(text, found.iter().map(name).collect())),
        }
    }

    fn which(&self, text: &str, names: Vec<String>) -> Ask {
        let (text, names) = (clean(text), listed(names));
        Ask(self.language.pick(
            format!("`{text}` fits several; say which: {names}."),
            format!("`{text}` 对应多个，请指明：{names}。"),
        ))
    }
}

fn listed(mut names: Vec<String>) -> String {
    names.dedup();
    let more = names.len().saturating_sub(MAX_LISTED);
    let mut listed: Vec<_> = names
        .into_iter()
        .take(MAX_LISTED)
        .map(|name| format!("`{name}`"))
        .collect();
    listed.extend((more > 0).then(|| "…".to_owned()));
    listed.join(", ")
}

/// A word of the person, to be said back within back-ticks.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '`').collect()
}

/// Every row of a catalogue list, as far as is looked.
async fn all<T, F>(list: impl Fn(CatalogueQuery) -> F) -> Result<Vec<T>, AppError>
where
    F: Future<Output = Result<Listing<T, CatalogueKey>, AppError>>,
{
    let (mut rows, mut after) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let query = CatalogueQuery {
            filter: CatalogueFilter::default(),
            page: Page { limit: PAGE, after },
        };
        let found = list(query).await?.found;
        rows.extend(found.items);
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    Ok(rows)
}
