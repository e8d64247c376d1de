//! A monitor that writes down what it is told, and stops, refuses or cuts off a run where a case asks for it.

use super::race::Latch;
use async_trait::async_trait;
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use release_domain::ports::{Monitor, ObjectProgress, Stop};
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One thing a run told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Stage(StageName),
    Object(ObjectProgress),
    Writing,
}

/// When a [`Recorder`] asks the run to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    Stage(StageName),
    /// The object with this key has begun to change.
    Begun(String),
}

/// The [`Monitor`] of the suite.
#[derive(Default)]
pub struct Recorder {
    told: Mutex<Vec<Told>>,
    refuse: Option<Stop>,
    stop_at: Option<(Trigger, Stop)>,
    cut_at: Option<usize>,
    stop: Latch<Stop>,
    asked_at: Mutex<Option<Instant>>,
    cut: Latch<()>,
}

impl Recorder {
    /// Refuses the first write.
    #[must_use]
    pub fn refusing(stop: Stop) -> Self {
        Self {
            refuse: Some(stop),
            ..Self::default()
        }
    }

    /// Asks the run to stop once.
    #[must_use]
    pub fn stopping(at: Trigger, stop: Stop) -> Self {
        Self {
            stop_at: Some((at, stop)),
            ..Self::default()
        }
    }

    /// Never answers the call with this number, counted from 0; [`Recorder::cut_off`] then resolves.
    #[must_use]
    pub fn cutting(call: usize) -> Self {
        Self {
            cut_at: Some(call),
            ..Self::default()
        }
    }

    pub async fn cut_off(&self) {
        self.cut.wait().await;
    }

    /// How long ago the run was asked to stop.
    #[must_use]
    pub fn since_asked(&self) -> Option<Duration> {
        self.asked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .map(|at| at.elapsed())
    }

    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        self.lock().clone()
    }

    #[must_use]
    pub fn stages(&self) -> Vec<StageName> {
        let told = self.told().into_iter();
        told.filter_map(|t| match t {
            Told::Stage(stage) => Some(stage),
            Told::Object(_) | Told::Writing => None,
        })
        .collect()
    }

    #[must_use]
    pub fn objects(&self) -> Vec<ObjectProgress> {
        let told = self.told().into_iter();
        told.filter_map(|t| match t {
            Told::Object(progress) => Some(progress),
            Told::Stage(_) | Told::Writing => None,
        })
        .collect()
    }

    /// The newest status of an object.
    #[must_use]
    pub fn status(&self, key: &str) -> Option<ObjectStatus> {
        self.objects().into_iter().rfind(|o| o.key == key).map(|o| o.status)
    }

    /// How often the first write was announced.
    #[must_use]
    pub fn writings(&self) -> usize {
        self.told().iter().filter(|t| **t == Told::Writing).count()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn note(&self, told: Told) {
        let call = {
            let mut all = self.lock();
            all.push(told.clone());
            all.len() - 1
        };
        if self.cut_at == Some(call) {
            self.cut.open(());
            pending::<()>().await;
        }
        if let Some((trigger, stop)) = &self.stop_at {
            let met = match (trigger, &told) {
                (Trigger::Stage(wanted), Told::Stage(stage)) => wanted == stage,
                (Trigger::Begun(key), Told::Object(object)) => {
                    *key == object.key && object.status == ObjectStatus::InProgress
                }
                (Trigger::Stage(_) | Trigger::Begun(_), _) => false,
            };
            if met {
                let mut asked = self.asked_at.lock().unwrap_or_else(PoisonError::into_inner);
                asked.get_or_insert_with(Instant::now);
                self.stop.open(*stop);
            }
        }
    }
}

#[async_trait]
impl Monitor for Recorder {
    async fn stage(&self, stage: StageName) {
        self.note(Told::Stage(stage)).await;
    }

    async fn object(&self, progress: ObjectProgress) {
        self.note(Told::Object(progress)).await;
    }

    async fn writing(&self) -> Result<(), Stop> {
        self.note(Told::Writing).await;
        self.refuse.map_or(Ok(()), Err)
    }

    async fn stopped(&self) -> Stop {
        self.stop.wait().await
    }
}
