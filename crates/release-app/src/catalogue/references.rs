//! How objects name one another in answers; each looked up once per answer.

use crate::app::App;
use crate::error::AppError;
use release_domain::catalogue::{EnvironmentReference, Reference};
use release_domain::ids::{EnvironmentId, ProjectId, ServiceId};
use std::collections::HashMap;

#[derive(Default)]
pub struct References {
    projects: HashMap<ProjectId, Reference<ProjectId>>,
    environments: HashMap<EnvironmentId, EnvironmentReference>,
    services: HashMap<ServiceId, Reference<ServiceId>>,
}

impl References {
    /// # Errors
    /// It is gone (`NotFound`), or the store is.
    pub async fn project(&mut self, app: &App, id: ProjectId) -> Result<Reference<ProjectId>, AppError> {
        if let Some(known) = self.projects.get(&id) {
            return Ok(known.clone());
        }
        let project = app.store.project(id).await?.ok_or(AppError::NotFound)?;
        Ok(self.projects.entry(id).or_insert(project.reference()).clone())
    }

    /// # Errors
    /// It is gone (`NotFound`), or the store is.
    pub async fn environment(&mut self, app: &App, id: EnvironmentId) -> Result<EnvironmentReference, AppError> {
        if let Some(known) = self.environments.get(&id) {
            return Ok(known.clone());
        }
        let environment = app.store.environment(id).await?.ok_or(AppError::NotFound)?;
        Ok(self.environments.entry(id).or_insert(environment.reference()).clone())
    }

    /// # Errors
    /// It is gone (`NotFound`), or the store is.
    pub async fn service(&mut self, app: &App, id: ServiceId) -> Result<Reference<ServiceId>, AppError> {
        if let Some(known) = self.services.get(&id) {
            return Ok(known.clone());
        }
        let service = app.store.service(id).await?.ok_or(AppError::NotFound)?;
        Ok(self.services.entry(id).or_insert(service.reference()).clone())
    }
}
