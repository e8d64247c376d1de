//! Docker Compose itself on the same files: what it makes of a project, and what it sees of what we made.

use crate::bed::host;
use crate::story::Story;
use release_domain::manifest::{Manifest, ManifestFile};
use release_domain::ports::{ApplyEnd, Desired, PlanMade};
use release_testkit::runtime::Recorder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// A project on disk that both read.
pub struct Project {
    pub story: Story,
    folder: tempfile::TempDir,
    /// Path in the bundle → content.
    bundle: BTreeMap<String, String>,
    compose_files: Vec<String>,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let mut story = Story::new();
        story.target.working_dir = Some(folder.path().to_string_lossy().into_owned());
        let mut project = Self {
            story,
            folder,
            bundle: BTreeMap::new(),
            compose_files: vec!["compose.yaml".into()],
        };
        for (path, content) in files {
            project.write(path, content);
        }
        project
    }

    /// Which files make the project, in this order.
    pub fn of_files(mut self, files: &[&str]) -> Self {
        self.compose_files = files.iter().map(|&file| file.to_owned()).collect();
        self
    }

    pub fn with_profiles(mut self, profiles: &[&str]) -> Self {
        self.story.options.profiles = profiles.iter().map(|&profile| profile.to_owned()).collect();
        self
    }

    /// Writes a file of the bundle anew, for both.
    pub fn write(&mut self, path: &str, content: &str) {
        let on_disk = self.folder.path().join(path);
        let parent = on_disk.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).unwrap_or_else(|error| panic!("{error}"));
        fs::write(&on_disk, content).unwrap_or_else(|error| panic!("{path}: {error}"));
        self.bundle.insert(path.into(), content.into());
    }

    /// Runs Docker Compose on the project.
    pub async fn compose(&self, words: &[&str]) -> String {
        let mut command = Command::new(binary());
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("DOCKER_HOST", host())
            .args(["--progress", "quiet", "--project-name", &self.story.bed.project])
            .arg("--project-directory")
            .arg(self.folder.path());
        for file in &self.compose_files {
            command.arg("--file").arg(self.folder.path().join(file));
        }
        for profile in &self.story.options.profiles {
            command.args(["--profile", profile]);
        }
        command.args(words).stdin(Stdio::null());
        let done = command.output().await.unwrap_or_else(|error| panic!("{error}"));
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "docker compose {}: {errors}", words.join(" "));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    pub async fn up(&self) {
        self.compose(&["up", "--detach", "--yes"]).await;
    }

    /// What a command of Docker Compose prints as JSON, one value a line or all in one list.
    pub async fn listed(&self, words: &[&str]) -> Vec<Value> {
        let printed = self.compose(words).await;
        let lines = serde_json::Deserializer::from_str(&printed).into_iter::<Value>();
        let values: Result<Vec<Value>, _> = lines.collect();
        let values = values.unwrap_or_else(|error| panic!("{error}: {printed}"));
        values
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(all) => all,
                one => vec![one],
            })
            .collect()
    }

    pub fn desired(&self) -> Desired {
        let files = self.bundle.iter().map(|(path, content)| ManifestFile {
            path: path.clone(),
            content: content.clone(),
        });
        let rendered = self.story.render_all(Manifest {
            files: files.collect(),
            compose_files: Some(self.compose_files.clone()),
        });
        rendered.desired.unwrap_or_else(|| panic!("{:#?}", rendered.problems))
    }

    pub async fn plan(&self, current: Option<&Desired>) -> PlanMade {
        let request = self.story.request(Some(self.desired()), None, current.cloned());
        self.story.plan(&request).await
    }

    /// Brings the target to the files as they are.
    pub async fn apply(&self, current: Option<&Desired>) -> Desired {
        let desired = self.desired();
        let request = self.story.request(Some(desired.clone()), None, current.cloned());
        let monitor = Recorder::default();
        let end = self.story.run(request, &monitor).await;
        assert_eq!(end, Ok(ApplyEnd::Succeeded), "{:#?}", monitor.told());
        desired
    }

    pub async fn remove(&self, current: Desired, consent: &[&str]) {
        let mut request = self.story.request(None, Some(current.clone()), Some(current));
        request.options.consent = consent.iter().map(|&word| word.to_owned()).collect();
        let monitor = Recorder::default();
        let end = self.story.run(request, &monitor).await;
        assert_eq!(end, Ok(ApplyEnd::Succeeded), "{:#?}", monitor.told());
    }
}

/// # Panics
/// It was not installed: a missing one fails tests, it skips none.
pub fn binary() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/oracles/bin/docker-compose");
    assert!(path.exists(), "no Docker Compose to compare with: run testbed/oracles");
    path
}
