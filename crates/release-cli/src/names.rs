//! From what people call things to ids: keys for the catalogue, numbers for releases, ids as they are.

use crate::context::Context;
use crate::failure::Failure;
use crate::output::clean;
use crate::value::{items, number, text};
use serde_json::Value;
use uuid::Uuid;

/// The largest page.
const PAGE: &str = "200";

/// A list of the catalogue whose rows have keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyed {
    Projects,
    Environments,
    Services,
    Targets,
}

impl Keyed {
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Projects => "/projects",
            Self::Environments => "/environments",
            Self::Services => "/services",
            Self::Targets => "/targets",
        }
    }

    const fn one(self) -> &'static str {
        match self {
            Self::Projects => "project",
            Self::Environments => "environment",
            Self::Services => "service",
            Self::Targets => "target",
        }
    }
}

/// Whether a name is an id already.
#[must_use]
pub fn is_id(name: &str) -> bool {
    Uuid::try_parse(name).is_ok()
}

fn unknown(what: &str, name: &str, hint: String) -> Failure {
    let title = format!("There is no {what} `{}` here", clean(name));
    Failure::own("not_found", title, "Or you may not read it.").hint(hint)
}

impl Context {
    /// Id of the project.
    ///
    /// # Errors
    /// There is none of that key, or the server's trouble.
    pub async fn project(&self) -> Result<&str, Failure> {
        let found = self
            .project_id
            .get_or_try_init(|| async { self.id(Keyed::Projects, &self.project).await });
        found.await.map(String::as_str)
    }

    /// Id of what has this key, or is this id.
    ///
    /// # Errors
    /// As [`Context::project`].
    pub async fn id(&self, list: Keyed, name: &str) -> Result<String, Failure> {
        if is_id(name) {
            return Ok(name.to_owned());
        }
        let found = self.found(list, name).await?;
        let hint = format!(
            "`releasectl get {}` lists them; --project names the project",
            list.path().trim_start_matches('/')
        );
        let found = found.ok_or_else(|| unknown(list.one(), name, hint))?;
        Ok(text(&found, "/id").to_owned())
    }

    /// The row with this key; `None` where there is none.
    ///
    /// # Errors
    /// The server's trouble.
    pub async fn found(&self, list: Keyed, key: &str) -> Result<Option<Value>, Failure> {
        let mut query = vec![("q", key.to_owned())];
        match list {
            Keyed::Projects => {}
            Keyed::Environments | Keyed::Services | Keyed::Targets => {
                query.push(("project", Box::pin(self.project()).await?.to_owned()));
            }
        }
        let found = self.client.list(list.path(), &query, true).await?;
        Ok(items(&found.value, "/items")
            .iter()
            .find(|row| text(row, "/key") == key)
            .cloned())
    }

    /// Ids of many names.
    ///
    /// # Errors
    /// As [`Context::id`].
    pub async fn ids(&self, list: Keyed, names: &[String]) -> Result<Vec<String>, Failure> {
        let mut ids = Vec::with_capacity(names.len());
        for name in names {
            ids.push(self.id(list, name).await?);
        }
        Ok(ids)
    }

    /// Id of a release by number (`41`, `#41`) or id.
    ///
    /// # Errors
    /// There is none, or the server's trouble.
    pub async fn release_id(&self, name: &str) -> Result<String, Failure> {
        if is_id(name) {
            return Ok(name.to_owned());
        }
        let digits = name.strip_prefix('#').unwrap_or(name);
        let wanted: u64 = digits
            .parse()
            .map_err(|_| Failure::usage(format!("`{}` is neither a release's number nor an id", clean(name))))?;
        let mut query = vec![
            ("project", self.project().await?.to_owned()),
            ("q", digits.to_owned()),
            ("limit", PAGE.to_owned()),
        ];
        // Words are looked for by their start: 41 finds 410 as well, newest first.
        loop {
            let page = self.client.get("/releases", &query).await?;
            let mut rows = items(&page.value, "/items").iter();
            if let Some(row) = rows.find(|row| number(row, "/number") == wanted) {
                return Ok(text(row, "/id").to_owned());
            }
            let Some(cursor) = page.value["next_cursor"].as_str() else {
                let hint = "`releasectl get releases` lists them; --project names the project".to_owned();
                return Err(unknown("release", name, hint));
            };
            query.retain(|(name, _)| *name != "cursor");
            query.push(("cursor", cursor.to_owned()));
        }
    }

    /// A release by number or id.
    ///
    /// # Errors
    /// As [`Context::release_id`].
    pub async fn release(&self, name: &str) -> Result<Value, Failure> {
        let id = self.release_id(name).await?;
        Ok(self.client.get(&format!("/releases/{id}"), &[]).await?.value)
    }
}
